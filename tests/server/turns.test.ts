import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Stopwatch } from "../../src/base/stopwatch.ts";
import { newSession } from "../../src/clients/session.ts";
import { HANDLERS } from "../../src/commands/registry.ts";
import { configOf } from "../../src/config/load.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { Partition, Partitions } from "../../src/keyspace/partitions.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { OutgoingReply, Reply } from "../../src/protocol/reply.ts";
import { BackgroundSave } from "../../src/server/background-save.ts";
import { newServerContext } from "../../src/server/context.ts";
import { CommandDispatcher } from "../../src/server/dispatch.ts";
import type { Dispatcher } from "../../src/server/dispatcher.ts";
import { type DueOptions, DueWork } from "../../src/server/due-work.ts";
import type { Endpoint } from "../../src/server/endpoint.ts";
import { Executor } from "../../src/server/executor.ts";
import { Turn } from "../../src/server/turn.ts";
import { Waiters } from "../../src/server/waiters.ts";
import type { WaitingRequest } from "../../src/server/waiting-request.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { START_MS, VirtualClock } from "../support/virtual-clock.ts";

/** A turn, as `sent`: what each client is sent in it, `name:number of replies`. */
let sent: string[][];
/** What the monotonic clock shows: requests and due work turn it. */
let workedMs: number;

beforeEach(() => {
  sent = [];
  workedMs = 0;
});

interface Client extends Endpoint {
  readonly name: string;
  /** Milliseconds of work that each request is, or the reply to it. */
  readonly requests: Array<number | Reply>;
}

function serve(dueAt: readonly number[] = []) {
  const clock = new VirtualClock();
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const partition = new Partition({ store });
  const partitions = new Partitions(partition);
  partitions.add(partition);
  const waiters = new Waiters();
  const context = newServerContext({
    config: configOf({}),
    clock,
    partitions,
    saving: new BackgroundSave({ config: configOf({}), store, clock, log: () => undefined }),
    waiters,
    onShutdown: () => undefined,
  });
  const stopwatch = new Stopwatch(() => workedMs);
  const executor = new Executor({
    clock,
    stopwatch,
    server: context,
    waiters,
    databaseCount: 16,
    dueWork: (partition) => slowDueWork({ server: context, partition }, [...dueAt]),
    dispatcher: dispatcher(stopwatch),
    onCommitted: () => undefined,
    onCommitFailed: (error) => expect.unreachable(error.message),
  });
  let latestId = 0;
  const client = (name: string, requests: Client["requests"], inputBytes = 1000): Client => {
    latestId += 1;
    const session = newSession({
      id: latestId,
      address: "127.0.0.1:1",
      localAddress: "127.0.0.1:2",
      nowMs: START_MS,
      user: context.users.default,
      isAuthenticated: true,
    });
    const opened = {
      name,
      requests,
      session,
      inputBytes,
      isInputEnded: false,
      nextRequest: () => takeRequest(requests),
    };
    context.sessions.add(session, {
      queryBytes: 0,
      outputBytes: 0,
      closeIfBeyond: () => false,
      close: () => undefined,
      send: (replies: readonly OutgoingReply[]) => sent.at(-1)?.push(`${name}:${replies.length}`),
    });
    return opened;
  };
  return { clock, store, partition, context, waiters, executor, client };
}

function takeRequest(requests: Client["requests"]): Buffer[] | undefined {
  const request = requests.shift();
  if (request === undefined) return undefined;
  pending.push(request);
  return [Buffer.from("request")];
}

/** The request that was taken and is to be run. */
const pending: Array<number | Reply> = [];

function dispatcher(stopwatch: Stopwatch): Dispatcher {
  return {
    dispatch: () => {
      const request = pending.pop() ?? null;
      if (typeof request === "number") workedMs += request;
      stopwatch.read();
      const reply = typeof request === "number" ? "done" : request;
      return { reply, protocol: 2, dependsOnCommit: false, waiting: undefined };
    },
    mustWait: () => false,
    touches: () => false,
  };
}

/** Due work of which each piece takes so many milliseconds; all of it is due at the start. */
function slowDueWork(of: Pick<DueOptions, "server" | "partition">, pieces: number[]): DueWork {
  const dueWork = new DueWork({ ...of, onFault: (error) => expect.unreachable(String(error)) });
  if (pieces.length === 0) return dueWork;
  dueWork.nextMs = () => (pieces.length === 0 ? undefined : START_MS);
  dueWork.run = (_databases, { countMax, isSpent }) => {
    for (let done = 0; done < countMax && (done === 0 || !isSpent()); done += 1) {
      const piece = pieces.shift();
      if (piece === undefined) return;
      workedMs += piece;
      sent.at(-1)?.push("due");
    }
  };
  return dueWork;
}

/** Takes turns, as many as are needed. */
async function settle(store: Store): Promise<void> {
  const begin = store.begin.bind(store);
  // A turn begins with a transaction.
  store.begin = (changes) => {
    sent.push([]);
    return begin(changes);
  };
  for (let quiet = 0, turns = 0; quiet < 3; quiet += 1) {
    await setImmediate();
    if (sent.length > turns) quiet = 0;
    turns = sent.length;
  }
}

describe("a turn", () => {
  test("ends when requests have taken 10 ms, and the next one begins with clients that had none", async () => {
    const { executor, store, client } = serve();
    for (const each of [client("a", [4, 4, 4, 4]), client("b", [1]), client("c", [1, 1])])
      executor.wake(each);
    await settle(store);
    expect(sent).toEqual([["a:3"], ["b:1", "c:2", "a:1"]]);
  });

  test("begins with small requests, before large ones that have waited longer", async () => {
    const { executor, store, client } = serve();
    const many = ["a", "b", "c", "d"].map((name) => client(name, [8, 8]));
    for (const each of many) executor.wake(each);
    await setImmediate();
    executor.wake(client("small", [0], 30));
    await settle(store);
    expect(sent.slice(0, 2)).toEqual([["small:1", "b:1"], ["c:1"]]);
  });

  test("ends after 2.5 ms for a tenth of a second when a small request has waited beside those of others", async () => {
    const { executor, store, client } = serve();
    const [a, b] = [client("a", [1, 1, 1, 1]), client("b", [1, 1, 1, 1])];
    for (const each of [client("small", [0], 30), a, b]) executor.wake(each);
    await settle(store);
    expect(sent).toEqual([["small:1", "a:3"], ["b:3"], ["a:1", "b:1"]]);
    workedMs += 100;
    a.requests.push(1, 1, 1, 1);
    sent = [];
    executor.wake(a);
    await setImmediate();
    expect(sent).toEqual([["a:4"]]);
  });

  test("goes on for 10 ms when all requests are small", async () => {
    const { executor, store, client } = serve();
    for (const name of ["a", "b", "c", "d"]) executor.wake(client(name, [3], 30));
    await settle(store);
    expect(sent).toEqual([["a:1", "b:1", "c:1", "d:1"], []]);
  });

  test("puts at most 16 small requests first, so that every client gets a turn", async () => {
    const { executor, store, client } = serve();
    executor.wake(client("big", [0]));
    for (let id = 0; id < 18; id += 1) executor.wake(client(`s${id}`, [0], 30));
    await settle(store);
    expect(sent[0]?.slice(15)).toEqual(["s15:1", "big:1", "s16:1", "s17:1"]);
  });

  test("runs one request however long it takes, and no second one", async () => {
    const { executor, store, client } = serve();
    for (const each of [client("a", [500, 500]), client("b", [500])]) executor.wake(each);
    await settle(store);
    expect(sent).toEqual([["a:1"], ["b:1"], ["a:1"], []]);
  });

  test("holds any number of requests that take no time", async () => {
    const { executor, store, client } = serve();
    for (let id = 0; id < 3; id += 1) executor.wake(client(`c${id}`, Array<number>(500).fill(0)));
    await settle(store);
    expect(sent).toEqual([["c0:500", "c1:500", "c2:500"]]);
  });

  test("counts replies in bytes, those inside arrays too: a connection has a megabyte", async () => {
    const { executor, store, client } = serve();
    const entries = Array.from({ length: 50 }, () => [["id", Buffer.alloc(10_000)]]);
    executor.wake(client("a", [entries, entries, entries, entries]));
    await settle(store);
    expect(sent).toEqual([["a:3"], ["a:1"]]);
  });

  test("holds no more than 16 MB of replies of all connections", async () => {
    const { executor, store, client } = serve();
    const big = Buffer.alloc(9 << 20);
    for (const name of ["a", "b", "c"]) executor.wake(client(name, [big]));
    await settle(store);
    expect(sent).toEqual([["a:1", "b:1"], ["c:1"], []]);
  });

  test("leaves half of its time to requests when much is due", async () => {
    const { executor, store, client } = serve([3, 3, 3, 20, 3]);
    executor.wake(client("a", [4, 4, 4]));
    await settle(store);
    expect(sent).toEqual([
      ["due", "due", "a:1"],
      ["due", "due", "a:1"],
      ["due", "a:1"],
    ]);
  });

  test("answers waiters for half of its time, one at least", async () => {
    const { executor, store, client, waiters } = serve();
    const slow: WaitingRequest = {
      keys: ["0:k"],
      deadlineMs: undefined,
      onTimeout: null,
      name: "blpop",
      refuse: () => null,
      resume: () => {
        workedMs += 6;
        return { kind: "reply", reply: "found" };
      },
    };
    for (const name of ["a", "b"]) waiters.park(client(name, []), slow);
    waiters.touch([{ kind: "touch", database: 0, key: bytesOfText("k") }]);
    executor.wake(client("c", [1, 1]));
    await settle(store);
    expect(sent.slice(0, 2)).toEqual([["a:1", "c:2"], ["b:1"]]);
  });
});

test.each([
  ["is run", ["PING"], []],
  ["is unknown", ["NOPE"], []],
  ["has too few arguments", ["GET"], []],
  ["is queued", ["PING"], [Buffer.from("MULTI")]],
])("dispatch() reads the clock for a request that %s", (_, request, before) => {
  const { context, client, clock } = serve();
  let readings = 0;
  const stopwatch = new Stopwatch(() => {
    readings += 1;
    return 0;
  });
  const dispatcher = new CommandDispatcher({
    server: context,
    handlers: HANDLERS,
    stopwatch,
    onFault: (error) => expect.unreachable(String(error)),
  });
  const { session } = client("a", []);
  const turn = new Turn(context.partitions, 16, clock.now());
  if (before.length > 0) dispatcher.dispatch(session, before, turn);
  readings = 0;
  dispatcher.dispatch(
    session,
    request.map((word) => Buffer.from(word)),
    turn,
  );
  expect(readings).toBe(1);
});

test("keys that expire are removed until the time is spent, the rest in the next turn", () => {
  const { context, store, partition, clock } = serve();
  const { transaction } = new Databases(store.begin(), 16, clock.now());
  const database = new Databases(transaction, 16, clock.now()).at(0);
  for (let number = 0; number < 100; number += 1) {
    const value = { type: "string" as const, payload: Buffer.from("v"), expireAtMs: START_MS + 1 };
    database.put(bytesOfText(`k${number}`), value, "set");
  }
  const later = new Databases(transaction, 16, START_MS + 1);
  const dueWork = new DueWork({
    server: context,
    partition,
    onFault: (error) => expect.unreachable(String(error)),
  });
  const answers = [false, true];
  dueWork.run(later, { countMax: 500, isSpent: () => answers.shift() ?? true });
  expect(later.at(0).size).toBe(100 - 2 * 32);
  dueWork.run(later, { countMax: 500, isSpent: () => false });
  expect(later.at(0).size).toBe(0);
});
