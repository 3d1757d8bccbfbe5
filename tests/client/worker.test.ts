/** worker(): each task is done and acknowledged, whatever the connection, the machine and other workers do. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Connection } from "../../src/client/connection.ts";
import type { TaskHandler, WorkerOptions } from "../../src/client/worker.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { type Carts, carts, type Events } from "./carts.ts";
import { confirmed, losingReplies, watched, withoutServer } from "./ways.ts";

const TASKS = "sm:tasks:charge";
/** No multiple of anything: what is sent of it must be an integer all the same. */
const RETRY_AFTER_MS = 30.5;
const paid: TaskHandler = async () => ({ ok: true });

/** A cart that wants to be paid. */
async function pay(client: Client<Events>, key: string): Promise<void> {
  await client.create(key, "cart");
  await client.send(key, "PAY");
}

/** A worker that is stopped with the test. */
async function work(client: Client<Events>, handler: TaskHandler, options: WorkerOptions = {}) {
  const worker = await client.worker("charge", handler, { retryAfterMs: RETRY_AFTER_MS, ...options });
  onTestFinished(() => worker.stop());
  return worker;
}

/** Resolves when a machine is in a state. */
async function reached(connection: Connection, key: string, state: string): Promise<void> {
  const waiting = connection.duplicate();
  expect(await waiting.call("SM.WAIT", key, "STATE", state, 20_000)).toEqual([state]);
  waiting.disconnect();
}

/** A promise, and how it is resolved. */
function signal(): { readonly given: Promise<void>; give(): void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

const pendingCount = async ({ connection }: Carts): Promise<unknown> => {
  const summary = await connection.call("XPENDING", TASKS, "workers");
  return Array.isArray(summary) ? summary[0] : summary;
};

test.each([["XREADGROUP"], ["SM.SEND"], ["XACK"], ["XCLAIM"]])(
  "worker() applies a task once when it fails at first and a reply to %s is lost",
  async (command) => {
    const { client, through, connection } = await carts();
    await pay(client, "c1");
    let tries = 0;
    const worker = await work(through(losingReplies(command)), async () => {
      tries += 1;
      if (tries === 1) throw new Error("no connection to the bank");
      return { ok: true };
    });
    await reached(connection, "c1", "paid");
    await worker.stop();
    const history = await client.history("c1");
    expect(history.map(({ event }) => event)).toEqual([null, "PAY", "PAID"]);
  },
);

test("worker() keeps other workers from claiming a task that takes long", async () => {
  const clock = new VirtualClock();
  const { client, through, connection } = await carts({ clock });
  const done = signal();
  const tries: string[] = [];
  let looks = 0;
  // Time goes on with each beat that is confirmed, by less than it takes for a task to lie idle.
  const beating = confirmed("XCLAIM", () => {
    if (looks < 8) clock.advance(29);
    else done.give();
  });
  const slow = await work(through(beating), async () => {
    tries.push("slow");
    await done.given;
    return { ok: true };
  });
  await pay(client, "c1");
  const looking = confirmed("XPENDING", () => {
    looks += 1;
  });
  const other = await work(through(looking), async () => {
    tries.push("other");
    return { ok: true };
  });
  await done.given;
  await reached(connection, "c1", "paid");
  expect(tries).toEqual(["slow"]);
  const stopped = Promise.all([slow.stop(), other.stop()]);
  clock.advance(1000);
  await stopped;
});

/** Given when a worker has looked for tasks so often. */
function watchedTurns(count: number) {
  const { given, give } = signal();
  let turns = 0;
  const way = watched((command) => {
    if (command === "XREADGROUP") turns += 1;
    if (turns === count) give();
  });
  return { given, way };
}

test("worker() claims an idle task behind many that other workers process", async () => {
  const { client, connection } = await carts();
  for (let number = 1; number <= 40; number += 1) await pay(client, `c${number}`);
  await connection.call("XGROUP", "CREATE", TASKS, "workers", "0");
  await connection.call("XREADGROUP", "GROUP", "workers", "other", "STREAMS", TASKS, ">");
  const [last] = (await connection.call("XREVRANGE", TASKS, "+", "-", "COUNT", 1)) as [[string]];
  await connection.call("XCLAIM", TASKS, "workers", "gone", 0, last[0], "IDLE", 100_000, "JUSTID");
  await work(client, paid, { retryAfterMs: 50_000 });
  await reached(connection, "c40", "paid");
});

test.each([
  ["EXECFAIL", async ({ client }: Carts) => void (await client.send("c1", "BREAK"))],
  ["NOMACHINE", async ({ connection }: Carts) => void (await connection.call("DEL", "c1"))],
  ["WRONGTYPE", async ({ connection }: Carts) => void (await connection.call("SET", "c1", "a"))],
])("worker() reports a result that is refused with %s, and does not retry", async (code, spoil) => {
  const all = await carts();
  await pay(all.client, "c1");
  await spoil(all);
  const refused = signal();
  const errors: string[] = [];
  let tries = 0;
  const turns = watchedTurns(6);
  await work(
    all.through(turns.way),
    async () => {
      tries += 1;
      return { ok: true };
    },
    {
      onError: (error) => {
        errors.push(String(error));
        refused.give();
      },
    },
  );
  await refused.given;
  await turns.given;
  expect([tries, errors.length, await pendingCount(all)]).toEqual([1, 1, 0]);
  expect(errors[0]).toContain(code);
});

test("worker() continues when its stream was deleted and is created again", async () => {
  const { client, connection } = await carts();
  const errors: unknown[] = [];
  await work(client, paid, { onError: (error) => errors.push(error) });
  await pay(client, "c1");
  await reached(connection, "c1", "paid");
  await connection.call("DEL", TASKS);
  await pay(client, "c2");
  await reached(connection, "c2", "paid");
  expect(errors).toEqual([]);
});

test("worker() stops although the server does not reply", async () => {
  const { through } = await carts();
  const worker = await work(through(withoutServer), paid);
  await worker.stop();
});

test("worker() finishes its current task when it is stopped", async () => {
  const all = await carts();
  const begun = signal();
  const ending = signal();
  await pay(all.client, "c1");
  const worker = await work(all.client, async () => {
    begun.give();
    await ending.given;
    return { ok: true };
  });
  await begun.given;
  const stopped = worker.stop();
  ending.give();
  await stopped;
  expect(await all.client.state("c1")).toEqual(["paid"]);
  expect(await pendingCount(all)).toBe(0);
});

test("worker() retries a failed task after growing delays, and gives it up after its attempts", async () => {
  const all = await carts();
  const over = signal();
  const failures: Array<readonly [attempt: number, retryInMs: number | null]> = [];
  await all.client.create("c1", "cart");
  await all.client.send("c1", "TRY");
  await work(
    all.client,
    async () => {
      throw new Error("no connection to the bank");
    },
    {
      retryAfterMs: 60_000,
      backoff: { delayMs: 2, factor: 3, maxDelayMs: 10 },
      onError: () => undefined,
      hooks: {
        onFailed: ({ task, retryInMs }) => {
          failures.push([task.attempt, retryInMs]);
          if (failures.length === 3) over.give();
        },
      },
    },
  );
  await over.given;
  await reached(all.connection, "c1", "given");
  expect(failures).toEqual([
    [1, 2],
    [2, 6],
    [3, 10],
  ]);
});

test("worker() calls its hooks for each task, and reports what a hook throws", async () => {
  const { client } = await carts();
  const told: unknown[] = [];
  const errors: unknown[] = [];
  const done = signal();
  await work(client, paid, {
    onError: (error, task) => errors.push([String(error), task?.key]),
    hooks: {
      onStart: ({ key, attempt }) => {
        told.push(["start", key, attempt]);
        throw new Error("a mistake");
      },
      onDone: ({ key }, output) => {
        told.push(["done", key, output]);
        done.give();
      },
    },
  });
  await pay(client, "c1");
  await done.given;
  expect(told).toEqual([
    ["start", "c1", 1],
    ["done", "c1", { ok: true }],
  ]);
  expect(errors).toEqual([["Error: a mistake", "c1"]]);
});

test("worker() writes errors to stderr when nothing else is asked for", async () => {
  const { client, connection } = await carts();
  const written = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => written.mockRestore());
  let tries = 0;
  await work(client, async () => {
    tries += 1;
    if (tries === 1) throw new Error("no connection to the bank");
    return { ok: true };
  });
  await pay(client, "c1");
  await reached(connection, "c1", "paid");
  expect(written.mock.calls).toEqual([
    ["detent worker 'charge', task 'c1@2#1': Error: no connection to the bank"],
  ]);
});
