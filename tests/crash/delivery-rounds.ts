/**
 * Rounds of delivery under crashes. In each, a producer makes machines and sends them events, workers do the tasks
 * these set, readers follow the change stream, and the server and the workers are killed with SIGKILL, at points drawn
 * over what has been answered and said. When all is done with, the history checker gets to see what everybody knows.
 *
 * The streams keep little beyond what groups have not acknowledged, so they are trimmed all the while. A group that
 * reads nothing holds what the checker has not seen; when a round is checked, it lets go.
 */
import { writeFileSync } from "node:fs";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { assertSound } from "../support/stores.ts";
import { checkDelivery } from "./delivery-check.ts";
import { type Crew, startCrew } from "./delivery-crew.ts";
import type { ChangeEntry, Evidence, GroupView } from "./delivery-evidence.ts";
import { DEFINITION, DEFINITION_NAME, TASK } from "./delivery-machine.ts";
import { type Production, planProduction } from "./delivery-producer.ts";
import {
  changeEntry,
  entriesAfter,
  groupView,
  listOf,
  machineView,
  outcomesOf,
} from "./delivery-questions.ts";
import { type KeptServer, keepServer } from "./kept-server.ts";
import { Killer } from "./killer.ts";

const CHANGES = `sm:changes:${DEFINITION_NAME}`;
const TASKS = `sm:tasks:${TASK}`;
const DEAD = "sm:dead";
/** Entries the streams keep beyond what is not acknowledged. */
const KEPT_ENTRIES = 100;
/** The group that holds what was not checked. */
const AUDIT = "audit";
const WORKERS = "workers";
/** One group shared by all workers, and one of a single reader. */
const GROUPS = { w1: ["shared"], w2: ["shared", "single"], w3: ["shared"] } as const;
/** How often to look without seeing anything change. */
const PATIENCE = 1000;
/** Machines of a round that stay until the end, to be looked at again. */
const KEPT_MACHINES = 2;

export interface DeliveryOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly connections: number;
  readonly machinesPerConnection: number;
  /** From 0 to below 1; seeded by the caller. */
  readonly random: () => number;
  /** Told how each round went. */
  readonly report?: (line: string) => void;
}

export interface DeliveryTotals {
  readonly changes: number;
  readonly tasks: number;
  readonly failures: number;
  /** Entries of the change stream at the end: it is trimmed all the while. */
  readonly entriesLeft: number;
  readonly serverKills: number;
  readonly workerKills: number;
}

/** @throws Error that lists what the checker has found */
export async function runDeliveryRounds(options: DeliveryOptions): Promise<DeliveryTotals> {
  const { directory, random, report } = options;
  const args = ["--appendfsync", "always", "--sm-changes-maxlen", String(KEPT_ENTRIES)];
  const server = await keepServer({ directory, args }, random);
  await prepare(server);
  const killer = new Killer(server, random);
  const socket = `${directory}/server.sock`;
  const crew = startCrew({ socket, groups: GROUPS, random, onLine: () => killer.count() });
  const play: Play = { options, server, crew, killer };
  const totals = { changes: 0, tasks: 0, failures: 0, entriesLeft: 0 };
  const kept = new Map<string, string>();
  let seen: Seen = { change: "0-0", task: "0-0", readings: [] };
  let end: unknown;
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const { evidence, next } = await playRound(play, round, seen);
      seen = next;
      check(evidence, round, directory);
      for (const { key, history } of evidence.machines.slice(0, KEPT_MACHINES)) {
        kept.set(key, JSON.stringify(history));
      }
      await clearRound(server, evidence, seen);
      add(totals, evidence);
      report?.(
        `round ${round}: ${evidence.changes.length} changes and ${evidence.tasks.length} tasks are as they should be; ` +
          `so far the server was killed ${server.killCount} times, workers ${crew.deathCount} times`,
      );
    }
    await crew.stop();
    await compareKept(server, kept);
    totals.entriesLeft = Number(await server.ask("XLEN", CHANGES));
  } finally {
    killer.disarm();
    crew.kill();
    end = await server.stop().catch(String);
  }
  // Its last life may be one that was to end by itself.
  if (end !== 0 && end !== "SIGKILL") throw new Error(`the server that was shut down ended with ${end}`);
  const store = Store.open(directory, OBJECT_TYPES);
  assertSound(store.begin());
  await store.close();
  return { ...totals, serverKills: server.killCount, workerKills: crew.deathCount };
}

/** Machines of earlier rounds are what they were. */
async function compareKept(server: KeptServer, kept: ReadonlyMap<string, string>): Promise<void> {
  for (const [key, history] of kept) {
    const { history: now } = await machineView(server, key);
    if (JSON.stringify(now) !== history) throw new Error(`the history of ${key} is not what it was`);
  }
}

interface Play {
  readonly options: DeliveryOptions;
  readonly server: KeptServer;
  readonly crew: Crew;
  readonly killer: Killer;
}

/** How far the checker has seen. */
interface Seen {
  readonly change: string;
  readonly task: string;
  /** Of each reading, how many entries were given and acknowledged. */
  readonly readings: ReadonlyArray<{ readonly given: number; readonly acknowledged: number }>;
}

async function prepare(server: KeptServer): Promise<void> {
  await server.ask("SM.DEF", "CREATE", DEFINITION_NAME, JSON.stringify(DEFINITION));
  for (const stream of [CHANGES, TASKS]) await server.ask("XGROUP", "CREATE", stream, AUDIT, "0", "MKSTREAM");
  await server.ask("XGROUP", "CREATE", TASKS, WORKERS, "0");
  for (const group of ["shared", "single"]) await server.ask("XGROUP", "CREATE", CHANGES, group, "0");
}

async function playRound({ options, server, crew, killer }: Play, round: number, seen: Seen) {
  const { connections, machinesPerConnection, random } = options;
  const production = planProduction({
    server,
    connections,
    machinesPerConnection,
    prefix: `order:${round}`,
    random,
    onAnswered: () => killer.count(),
  });
  const moment = () => 1 + Math.floor(random() * production.requestCount);
  // Half of the second kills come when the producer is about to be done, or is.
  killer.arm([
    moment(),
    ...(random() < 0.25 ? [moment() + (random() < 0.5 ? production.requestCount : 0)] : []),
  ]);
  await production.run();
  const changes = await settle(server, crew, production, seen);
  killer.disarm();
  const evidence = await gather({ server, crew, production, changes, seen });
  const next: Seen = {
    change: changes.at(-1)?.entry ?? seen.change,
    task: (await entriesAfter(server, TASKS, seen.task)).at(-1)?.entry ?? seen.task,
    readings: crew.readings.map(({ given, acknowledged }) => ({
      given: given.length,
      acknowledged: acknowledged.length,
    })),
  };
  return { evidence, next };
}

/**
 * Waits until each task has its result and nothing is left to be read, and puts back what died. Returns the changes.
 * Looks whenever a worker has said something: they never fall silent. If they go on and on and nothing happens, it is
 * for the checker to say what is missing.
 */
async function settle(
  server: KeptServer,
  crew: Crew,
  { sent }: Production,
  seen: Seen,
): Promise<ChangeEntry[]> {
  const expected = sent.reduce((sum, { taskCount, answers }) => {
    return sum + (answers[0]?.kind === "applied" ? taskCount : 0);
  }, 0);
  const changes: ChangeEntry[] = [];
  let before = "";
  for (let patience = PATIENCE; patience > 0; patience -= 1) {
    const after = changes.at(-1)?.entry ?? seen.change;
    for (const entry of await entriesAfter(server, CHANGES, after)) changes.push(changeEntry(entry));
    const resultCount = changes.filter(({ event, kind }) => kind === "event" && event === "DONE").length;
    const deadCount = Number(await server.ask("XLEN", DEAD));
    if (deadCount > 0) await server.ask("SM.REQUEUE", "ALL");
    const isNearlyDone = deadCount === 0 && resultCount >= expected;
    const groups = isNearlyDone ? await groupViews(server) : [];
    if (isNearlyDone && groups.every(isEmptied)) return changes;
    const now = JSON.stringify([changes.length, groups, crew.deathCount, server.killCount]);
    if (now !== before) patience = PATIENCE;
    before = now;
    await crew.nextLine();
  }
  return changes;
}

function isEmptied({ pendingCount, unreadCount }: GroupView): boolean {
  return pendingCount === 0 && unreadCount === 0;
}

function groupViews(server: KeptServer) {
  return Promise.all([
    groupView(server, TASKS, WORKERS),
    groupView(server, CHANGES, "shared"),
    groupView(server, CHANGES, "single"),
  ]);
}

interface Gathering {
  readonly server: KeptServer;
  readonly crew: Crew;
  readonly production: Production;
  readonly changes: readonly ChangeEntry[];
  readonly seen: Seen;
}

async function gather({ server, crew, production, changes, seen }: Gathering): Promise<Evidence> {
  const ids = new Map(production.keys.map((key) => [key, new Set<string>()]));
  for (const { key, id } of [...production.sent, ...changes]) if (id !== undefined) ids.get(key)?.add(id);
  const outcomes = await Promise.all([...ids].map(([key, own]) => outcomesOf(server, key, [...own])));
  const idOf = ({ fields }: { readonly fields: ReadonlyMap<string, string> }) => fields.get("id") ?? "";
  return {
    changes,
    machines: await Promise.all(production.keys.map((key) => machineView(server, key))),
    sent: production.sent,
    readings: crew.readings.map((reading, index) => ({
      ...reading,
      given: reading.given.slice(seen.readings[index]?.given ?? 0),
      acknowledged: reading.acknowledged.slice(seen.readings[index]?.acknowledged ?? 0),
    })),
    groups: await groupViews(server),
    performed: crew.performed,
    tasks: (await entriesAfter(server, TASKS, seen.task)).map(idOf),
    dead: (await entriesAfter(server, DEAD, "0-0")).map(idOf),
    outcomes: outcomes.flat(),
    unsound: listOf(await server.ask("SM.VERIFY")).map((finding) => JSON.stringify(finding)),
  };
}

/** @throws Error that lists what was found; all there was to see is then written beside the data */
function check(evidence: Evidence, round: number, directory: string): void {
  const findings = checkDelivery(evidence);
  if (findings.length === 0) return;
  const file = `${directory}/evidence.json`;
  writeFileSync(file, JSON.stringify({ ...evidence, performed: [...evidence.performed] }, undefined, 1));
  const lines = findings.slice(0, 50).map(({ fault, text }) => `${fault}: ${text}`);
  throw new Error(`round ${round}: ${findings.length} faults, see ${file}\n${lines.join("\n")}`);
}

/** Lets go of what was checked: the machines but a few, and the entries that the audit held. */
async function clearRound(server: KeptServer, { machines }: Evidence, { change, task }: Seen): Promise<void> {
  await server.ask("UNLINK", ...machines.slice(KEPT_MACHINES).map(({ key }) => key));
  await server.ask("XGROUP", "SETID", CHANGES, AUDIT, change);
  await server.ask("XGROUP", "SETID", TASKS, AUDIT, task);
}

function add(
  totals: { changes: number; tasks: number; failures: number },
  { changes, machines, tasks }: Evidence,
): void {
  totals.changes += changes.length;
  totals.tasks += tasks.length;
  totals.failures += machines.reduce((sum, { failedCount }) => sum + failedCount, 0);
}
