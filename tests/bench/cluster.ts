/**
 * `make bench-cluster`: transitions of a cluster, its database and its clients on one machine, by turns in one run: one, two and
 * three servers over PostgreSQL beside a server with a directory, a bare client that only writes the same rows of a journal, and a
 * hand-written client that keeps machines in tables. So many transitions are in flight at a time, and the next one begins when one
 * is durable. Clients are in the process of the benchmark and send each request to the owner of its slot.
 *
 * The figures are medians of rounds, and each ratio is the median of those within the rounds. The machine is to be quiet: what else
 * it does takes processor time from some turns and not from others.
 *
 *   npx tsx tests/bench/cluster.ts [--in-flight 1,16,64,256] [--rounds 5] [--seconds 2] [--partitions 6] [--machines 20000]
 *     [--connections 4] [--warm-up 5]
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type PostgresServer, startPostgresServer } from "../support/postgres.ts";
import { bareJournals, Rhythm, rowSizeOf } from "./bare-journal.ts";
import { measured, type Sample, type Subject } from "./closed-loop.ts";
import { clusterOf, embedded } from "./cluster-subjects.ts";
import { type Target, table, targetTable } from "./cluster-tables.ts";
import { handWritten } from "./hand-written.ts";
import { createMachines, usedByAll } from "./postgres.ts";

const { values } = parseArgs({
  options: {
    "in-flight": { type: "string", default: "1,16,64,256" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    partitions: { type: "string", default: "6" },
    machines: { type: "string", default: "20000" },
    connections: { type: "string", default: "4" },
    "warm-up": { type: "string", default: "5" },
  },
});
const numbers = values["in-flight"].split(",").map(Number);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const partitions = Number(values.partitions);
const machines = Number(values.machines);
const connections = Number(values.connections);

/** So large is the pool of the hand-written client where each transition is a statement of its own. */
const POOL = 16;
/** What a turn leaves behind, such as checkpoints, is done before the next one begins. */
const REST_MS = 500;

const ONE_OF_ONE = "Detent, 1 server, 1 partition";
const BARE_OF_ONE = "bare client, 1 journal";
const BARE = `bare client, ${partitions} journals`;
const HAND_BATCHED = "hand-written, in batches";
const ofServers = (count: number) =>
  `Detent, ${count} server${count === 1 ? "" : "s"}, ${partitions} partitions`;

const WITH_BARE = [
  [ONE_OF_ONE, BARE_OF_ONE],
  [ofServers(1), BARE],
] as const;
const TARGETS: readonly Target[] = [
  ...WITH_BARE.map(([subject, of]) => ({ subject, of, figure: "perSecond", least: 0.5 }) as const),
  ...WITH_BARE.map(([subject, of]) => ({ subject, of, figure: "p99Ms", most: 2 }) as const),
  ...[ONE_OF_ONE, ofServers(1)].map(
    (subject) => ({ subject, of: HAND_BATCHED, figure: "perSecond", least: 3, at: [64, 256] }) as const,
  ),
  { subject: ofServers(3), of: ofServers(1), figure: "perSecond", least: 1 },
];

const server = await startPostgresServer([
  "fsync=on",
  "synchronous_commit=on",
  "shared_buffers=256MB",
  "max_connections=300",
]);
if (server === undefined) {
  console.error("PostgreSQL is not installed");
  process.exit(1);
}
const directory = await mkdtemp(join(tmpdir(), "detent-bench-cluster-"));
const ends: (() => Promise<void>)[] = [];
try {
  const subjects = await subjectsOver(server);
  console.log(
    `load before: ${load()}; ${machines} machines, ${rounds} rounds of ${seconds} s, ${connections} connections to each server`,
  );
  const measurements = new Map<number, Map<string, readonly Sample[]>>();
  for (const subject of subjects) await measured(subject, Math.max(...numbers), Number(values["warm-up"]));
  for (const inFlight of numbers) {
    measurements.set(inFlight, await inTurns(subjects, inFlight));
    console.error(`${inFlight} in flight: measured, load ${load()}`);
  }
  const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
  const us = (value: number) => value.toFixed(0);
  const tables = [
    table("transitions a second", measurements, ({ perSecond }) => perSecond.toFixed(0)),
    table("p50 / p99 in ms", measurements, ({ p50Ms, p99Ms }) => `${ms(p50Ms)} / ${ms(p99Ms)}`),
    table(
      "processor time in us: servers / database / clients",
      measurements,
      ({ serversUs, databaseUs, clientsUs }) => `${us(serversUs)} / ${us(databaseUs)} / ${us(clientsUs)}`,
    ),
    targetTable(measurements, TARGETS),
  ];
  console.log(`\n${tables.join("\n\n")}`);
  console.log(`\nload after: ${load()}`);
} finally {
  for (const end of ends) await end().catch(() => undefined);
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);

async function subjectsOver(database: PostgresServer): Promise<readonly Subject[]> {
  const subjects: Subject[] = [];
  const note = (subject: Subject & { stop(): Promise<void> }): void => {
    ends.push(() => subject.stop());
    subjects.push(subject);
  };
  const options = (name: string, at: string) => ({
    name,
    directory: join(directory, at),
    machines,
    connections,
  });
  note(await embedded(options("Detent, a directory", "embedded")));
  const one = await clusterOf(options(ONE_OF_ONE, "one"), database, { servers: 1, partitions: 1 });
  const size = await rowSizeOf(one.url, one.begin);
  const clusters = [one];
  for (const servers of [1, 2, 3]) {
    const own = options(ofServers(servers), `of-${servers}`);
    clusters.push(await clusterOf(own, database, { servers, partitions }));
  }
  const rhythms: Rhythm[] = [];
  for (const cluster of clusters) {
    const rhythm = await Rhythm.of(cluster.url);
    rhythms.push(rhythm);
    note({
      ...cluster,
      starts: () => rhythm.begin(),
      ends: (transitions) => rhythm.end(transitions),
      stop: async () => {
        await rhythm.close();
        await cluster.stop();
      },
    });
  }
  const first = await database.connect();
  await createMachines(first, machines);
  await first.end();
  const bare = { size, inFlightMax: Math.max(...numbers) };
  const [oneRhythm, severalRhythm] = rhythms;
  if (oneRhythm === undefined || severalRhythm === undefined) throw new Error("each cluster has a rhythm");
  const peers = [
    [
      BARE_OF_ONE,
      await bareJournals(database.url, { ...bare, rhythm: oneRhythm, count: 1, table: "bare_one" }),
    ],
    [
      BARE,
      await bareJournals(database.url, {
        ...bare,
        rhythm: severalRhythm,
        count: partitions,
        table: "bare_several",
      }),
    ],
    [
      "hand-written, a statement each",
      await handWritten(database, { machines, connections: POOL, transitionsMax: 1 }),
    ],
    [
      HAND_BATCHED,
      await handWritten(database, { machines, connections: 1, transitionsMax: bare.inFlightMax }),
    ],
  ] as const;
  const parts = { serversUs: () => 0, databaseUs: () => usedByAll(database.pid) };
  for (const [name, { end, ...peer }] of peers) note({ ...peer, ...parts, name, stop: end });
  console.log(
    `a row of the journal has ${size.rowBytes} bytes, and ${size.transitionBytes} for each transition`,
  );
  return subjects;
}

/** A round that warms up, then those that count; in each all take turns. */
async function inTurns(subjects: readonly Subject[], inFlight: number): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const subject of subjects) {
      const sample = await measured(subject, inFlight, seconds);
      if (round > 0) samples.get(subject.name)?.push(sample);
      await setTimeout(REST_MS);
    }
  return samples;
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}
