/**
 * Commits of a store in PostgreSQL, beside bare clients of `pg` that only insert the same rows: with so many turns in flight, each
 * with 16 changes of 100 bytes. `one by one` inserts each row by a statement of its own, one after the other; `in batches` has one
 * statement under way and gives it all rows that wait, as the store does. All take turns in one run, since the machine may be
 * shared: read the ratios and the processor time.
 *
 * With `--partitions N` instead: N partitions of one process that have three connections each, beside the same over shared ones.
 *
 *   npx tsx tests/bench/postgres-commits.ts [--partitions 16] [--turns 1,16,64] [--rounds 5] [--commits 3000] [--fsync on]
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import pg from "pg";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { SharedLines } from "../../src/storage/postgres/shared-lines.ts";
import { type PostgresServer, startPostgresServer } from "../support/postgres.ts";
import { median, quantile } from "./figures.ts";
import { usedByAll } from "./postgres.ts";

const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "1,16,64" },
    rounds: { type: "string", default: "5" },
    commits: { type: "string", default: "3000" },
    partitions: { type: "string" },
    fsync: { type: "string", default: "on" },
  },
});

const CHANGES = 16;
const CHANGE = Buffer.alloc(100, "change of a machine ");
/** About what a record of these changes takes. */
const RECORD = Buffer.alloc(CHANGES * (CHANGE.length + 4) + 44, "record");

/** Something that commits: `start` begins one and calls back when it is durable. */
interface Subject {
  readonly name: string;
  begin(done: () => void): void;
}

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of a commit, in this process and in the database, in microseconds. */
  readonly ownUs: number;
  readonly databaseUs: number;
}

async function bareOneByOne(url: string): Promise<Subject> {
  const client = await bareClient(url, "one");
  let sequence = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "bare, one by one",
    begin: (done) => {
      sequence += 1;
      const text = "insert into bare_one (sequence, record) values ($1, $2)";
      const values = [sequence, RECORD];
      last = last.then(() => client.query({ name: "insert", text, values }).then(done, fail));
    },
  };
}

async function bareInBatches(url: string): Promise<Subject> {
  const client = await bareClient(url, "batch");
  let sequence = 0;
  let waiting: (() => void)[] = [];
  let isUnderWay = false;
  const send = () => {
    const batch = waiting;
    waiting = [];
    isUnderWay = true;
    const sequences = batch.map(() => {
      sequence += 1;
      return sequence;
    });
    const text =
      "insert into bare_batch (sequence, record) select * from unnest($1::bigint[], $2::bytea[]) as t(sequence, record)";
    client.query({ name: "insert", text, values: [sequences, batch.map(() => RECORD)] }).then(() => {
      // Each begins another one: all of these are the next batch.
      for (const done of batch) done();
      isUnderWay = false;
      if (waiting.length > 0) send();
    }, fail);
  };
  return {
    name: "bare, in batches",
    begin: (done) => {
      waiting.push(done);
      if (!isUnderWay) send();
    },
  };
}

async function storeSubject(url: string): Promise<Subject> {
  await initialised(url, 1);
  const store = await PostgresStore.open({ url, partition: 0, owner: "bench", epoch: 1 });
  return { name: "store", begin: beginning(store) };
}

/** Turns in flight go to the partitions in turn. */
async function partitionsSubject(url: string, count: number, lines?: SharedLines): Promise<Subject> {
  const schema = lines === undefined ? "own" : "shared";
  await initialised(at(url, schema), count);
  const begins: Subject["begin"][] = [];
  for (let partition = 0; partition < count; partition += 1)
    begins.push(
      beginning(
        await PostgresStore.open({ url: at(url, schema), partition, owner: "bench", epoch: 1, lines }),
      ),
    );
  let next = 0;
  return {
    name: `${count} partitions, ${schema}`,
    begin: (done) => {
      next = (next + 1) % count;
      begins[next]?.(done);
    },
  };
}

function at(url: string, schema: string): string {
  return `${url}&options=${encodeURIComponent(`-c search_path=${schema}`)}`;
}

async function initialised(url: string, count: number): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const schema = /search_path%3D(\w+)/.exec(url)?.[1];
  if (schema !== undefined) await client.query(`create schema ${schema}`);
  await createSchema(client, count);
  await client.query("update detent_partition set owner = 'bench', epoch = 1");
  await client.end();
}

function beginning(store: PostgresStore): Subject["begin"] {
  const waiting: { readonly position: number; readonly done: () => void }[] = [];
  store.onSettled(() => {
    const left = waiting.findIndex(({ position }) => position > store.settledPosition);
    for (const { done } of waiting.splice(0, left === -1 ? waiting.length : left)) done();
  });
  const redo = Array.from({ length: CHANGES }, () => CHANGE);
  return (done) => {
    store.commit([], redo, Date.now());
    waiting.push({ position: store.position, done });
  };
}

async function bareClient(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`create table bare_${name} (sequence bigint primary key, record bytea not null)`);
  await client.query(`alter table bare_${name} alter column record set storage external`);
  return client;
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}

/** Keeps so many turns in flight. As turns of an event loop come, so do these: one after the other. */
async function measured(
  subject: Subject,
  turns: number,
  commits: number,
  server: PostgresServer,
): Promise<Measured> {
  const times: number[] = [];
  let begun = 0;
  const [databaseUs, own, startedMs] = [usedByAll(server.pid), process.cpuUsage(), performance.now()];
  await new Promise<void>((resolve) => {
    const next = () => {
      if (begun === commits) return;
      begun += 1;
      const sentMs = performance.now();
      subject.begin(() => {
        times.push(performance.now() - sentMs);
        if (times.length === commits) resolve();
        else setImmediate(next);
      });
    };
    for (let turn = 0; turn < turns; turn += 1) setImmediate(next);
  });
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(own);
  return {
    perSecond: (commits / tookMs) * 1000,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    ownUs: (user + system) / commits,
    databaseUs: (usedByAll(server.pid) - databaseUs) / commits,
  };
}

const server = await startPostgresServer([
  `fsync=${values.fsync}`,
  "shared_buffers=256MB",
  "synchronous_commit=on",
  "max_connections=300",
]);
if (server === undefined) {
  console.error("PostgreSQL is not installed");
  process.exit(1);
}
try {
  const { url } = server;
  const count = Number(values.partitions ?? 0);
  const subjects =
    count === 0
      ? [await bareOneByOne(url), await bareInBatches(url), await storeSubject(url)]
      : [
          await partitionsSubject(url, count),
          await partitionsSubject(url, count, new SharedLines({ url: at(url, "shared") })),
        ];
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(
    `load ${load.join(" ")}; ${CHANGES} changes of ${CHANGE.length} bytes a turn; medians of ${values.rounds} rounds`,
  );
  console.log(
    "turns in flight  subject             commits/s  changes/s  p50 ms  p99 ms  own us  database us",
  );
  for (const turns of values.turns.split(",").map(Number)) {
    const rounds = subjects.map((): Measured[] => []);
    for (let round = 0; round <= Number(values.rounds); round += 1) {
      for (const [index, subject] of subjects.entries()) {
        const one = await measured(subject, turns, Number(values.commits), server);
        // The first one warms up.
        if (round > 0) rounds[index]?.push(one);
      }
    }
    for (const [index, subject] of subjects.entries()) {
      const of = (what: keyof Measured) => median((rounds[index] ?? []).map((one) => one[what]));
      const cells = [
        of("perSecond").toFixed(0).padStart(9),
        (of("perSecond") * CHANGES).toFixed(0).padStart(10),
        of("p50Ms").toFixed(2).padStart(7),
        of("p99Ms").toFixed(2).padStart(7),
        of("ownUs").toFixed(0).padStart(7),
        of("databaseUs").toFixed(0).padStart(12),
      ];
      console.log(`${String(turns).padStart(15)}  ${subject.name.padEnd(18)}  ${cells.join(" ")}`);
    }
  }
} finally {
  await server.stop();
}
process.exit(0);
