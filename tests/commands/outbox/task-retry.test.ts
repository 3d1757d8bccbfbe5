/** Tasks with `retry`: tried again when their deadline has passed, as often and as late as it says. */
import { afterEach, expect, test } from "vitest";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { servedTests } from "../../support/served-tests.ts";

const jobOf = (retry: unknown) => ({
  initial: "busy",
  context: { why: "" },
  states: {
    busy: {
      entry: [{ task: "mail", input: "'ü'", done: "DONE", failed: "FAILED", timeout: "10s", retry }],
      on: { DONE: "sent", FAILED: { target: "lost", actions: [{ assign: { why: "event.reason" } }] } },
    },
    sent: {},
    lost: {},
  },
});

const on = servedTests();
const { call } = on;

afterEach(async () => {
  expect(await on.client.call("SM.VERIFY")).toEqual([]);
});
const tasks = async () =>
  ((await call("XRANGE", "sm:tasks:mail", "-", "+")) as [string, string[]][]).map(([, entry]) =>
    fields(entry),
  );
const pass = async (ms: number) => {
  on.clock.advance(ms);
  await call("PING");
};

test("a task is put back after growing delays, under its id, until its attempts are over", async () => {
  await define(on.client, "job", jobOf({ attempts: 3, delay: "1s", backoff: 4, maxDelay: "3s" }));
  await call("SM.CREATE", "j", "job");
  expect(await tasks()).toMatchObject([{ id: "j@1#1", attempt: "1", input: '"ü"' }]);
  await pass(10_000);
  expect(await tasks()).toEqual([]);
  expect(rows(await call("SM.PENDING", "j"))).toMatchObject([{ kind: "task", id: "j@1#1" }]);
  await pass(999);
  expect(await tasks()).toEqual([]);
  await pass(1);
  expect(await tasks()).toMatchObject([{ id: "j@1#1", attempt: "2", input: '"ü"' }]);
  await pass(10_000);
  await pass(2999);
  expect(await tasks()).toEqual([]);
  await pass(1);
  expect(await tasks()).toMatchObject([{ id: "j@1#1", attempt: "3" }]);
  await pass(10_000);
  expect(await call("SM.STATE", "j")).toEqual(["lost"]);
  expect(await call("SM.CONTEXT", "j", "why")).toEqual(['"timeout"']);
  expect(await call("XLEN", "sm:dead")).toBe(1);
});

test.each([5000, 10_500, 11_500])("the answer is applied once when it arrives after %d ms", async (ms) => {
  await define(on.client, "job", jobOf({ attempts: 2, delay: "1s" }));
  await call("SM.CREATE", "j", "job");
  await pass(ms);
  expect(await call("SM.SEND", "j", "DONE", "ID", "j@1#1")).toEqual(["sent"]);
  await pass(60_000);
  expect(await call("SM.STATE", "j")).toEqual(["sent"]);
  expect(rows(await call("SM.PENDING", "j"))).toEqual([]);
  expect(await call("EXISTS", "sm:dead")).toBe(0);
});

test("jitter stays within its share of the delay", async () => {
  await define(on.client, "job", jobOf({ attempts: 2, delay: 10_000, jitter: 0.5 }));
  const dues: number[] = [];
  for (let n = 0; n < 20; n += 1) await call("SM.CREATE", `j${n}`, "job");
  await pass(10_000);
  for (let n = 0; n < 20; n += 1) {
    const [task] = rows(await call("SM.PENDING", `j${n}`));
    dues.push(Number(task?.["due"]) - on.clock.now());
  }
  expect(Math.min(...dues)).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...dues)).toBeLessThanOrEqual(15_000);
  expect(new Set(dues).size).toBeGreaterThan(10);
});

test.each<readonly [unknown, string]>([
  [{ delay: "1s" }, "retry.attempts: attempts must be a whole number from 1 to 1000"],
  [{ attempts: 0 }, "retry.attempts: attempts must be a whole number from 1 to 1000"],
  [{ attempts: 2, delay: "soon" }, 'retry.delay: delay must be milliseconds or a string such as "30s"'],
  [{ attempts: 2, backoff: 0.5 }, "retry.backoff: backoff must be a number from 1 to 1000"],
  [{ attempts: 2, jitter: 2 }, "retry.jitter: jitter must be a number from 0 to 1"],
  [{ attempts: 2, wait: 1 }, 'unknown key "wait" in retry'],
  [3, 'retry: retry takes {"attempts"'],
])("a definition with the retry %j is refused", async (retry, message) => {
  const reply = await call("SM.DEF", "CREATE", "job", JSON.stringify(jobOf(retry)));
  expect(reply).toBeInstanceOf(ReplyFailure);
  expect(reply).toMatchObject({ message: expect.stringContaining(message) });
});
