/**
 * Random commands to a durable server and to a model of a page (job-model.ts): the same replies, the same machines
 * at the end, and the indexes equal to a full scan. Before each event SM.WHY is asked, and SM.SEND then does what it
 * has said. RUNS for longer runs.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Argument } from "../../support/client.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { define, fields, rows, scanAll } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { runs } from "../../support/runs.ts";
import {
  cancel,
  copyOf,
  force,
  JOB,
  type Job,
  newJob,
  passTime,
  reset,
  resume,
  retry,
  send,
  suspend,
  waitingIn,
} from "./job-model.ts";

const RUNS = Number(process.env["RUNS"] ?? runs(6, 15));

const key = fc.constantFrom("a", "b", "c");
const span = fc.constantFrom(0, 1, 4000, 10_000, 25_000);
const id = fc.constantFrom("x", "y", "z");
const sent = fc.record({
  kind: fc.constant("send" as const),
  key,
  event: fc.constantFrom(
    "START",
    "STOP",
    "HOLD",
    "WEIGH",
    "FREE",
    "TIRE",
    "PACK",
    "LABEL",
    "PACK",
    "LABEL",
    "END",
    "NONSENSE",
  ),
  n: fc.integer({ min: 0, max: 9 }),
  id: fc.option(id, { nil: undefined, freq: 3 }),
  sequence: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined, freq: 2 }),
  delay: fc.option(span, { nil: undefined, freq: 2 }),
});
const command = fc.oneof(
  { arbitrary: sent, weight: 14 },
  { arbitrary: fc.record({ kind: fc.constant("create" as const), key, px: fc.option(span) }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constantFrom("suspend" as const, "resume" as const), key }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant("retry" as const), key }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom("copy" as const, "rename" as const, "restore" as const),
      key,
      to: key,
    }),
    weight: 3,
  },
  { arbitrary: fc.record({ kind: fc.constant("cancel" as const), key, id }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("reset" as const), key }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant("force" as const),
      key,
      state: fc.constantFrom(...Object.keys(JOB.states)),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ kind: fc.constant("delete" as const), key }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("expire" as const), key, ms: span }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: span }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant("restart" as const) }), weight: 1 },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

class World extends LastingServer {
  readonly jobs = new Map<string, Job>();

  /** What is due by now happens: on the server, which needs a request to take a turn, and in the model. */
  async passTime(): Promise<void> {
    await this.call("PING");
    const nowMs = this.clock.now();
    for (const [name, job] of [...this.jobs]) if (!passTime(job, nowMs)) this.jobs.delete(name);
  }
}

async function run(world: World, given: Command): Promise<void> {
  const { jobs, clock } = world;
  await world.passTime();
  const job = "key" in given ? jobs.get(given.key) : undefined;
  switch (given.kind) {
    case "send":
      return runSend(world, given, job);
    case "create": {
      const px = given.px === null || given.px === 0 ? undefined : given.px;
      const options = px === undefined ? [] : ["PX", px];
      expect(await world.call("SM.CREATE", given.key, "job", ...options)).toBe("OK");
      jobs.set(given.key, newJob(px === undefined ? undefined : clock.now() + px));
      return;
    }
    case "suspend":
    case "resume": {
      const change = given.kind === "suspend" ? suspend : resume;
      const changed = job === undefined ? 0 : change(job);
      expect(await world.call(`SM.${given.kind}`, given.key)).toBe(changed);
      return;
    }
    case "retry": {
      const changed = job === undefined ? 0 : retry(job, clock.now());
      expect(await world.call("SM.RETRY", given.key)).toBe(changed);
      return;
    }
    case "copy":
    case "rename":
    case "restore":
      return runCopying(world, given, job);
    case "cancel":
    case "reset":
    case "force":
      return runDriving(world, given, job);
    case "delete":
      expect(await world.call("DEL", given.key)).toBe(Number(jobs.delete(given.key)));
      return;
    case "expire":
      expect(await world.call("PEXPIRE", given.key, given.ms)).toBe(Number(job !== undefined));
      if (job !== undefined) job.expireAtMs = clock.now() + given.ms;
      return;
    case "wait":
      clock.jump(given.ms);
      return;
    case "restart":
      await world.restart();
      return;
  }
}

type Copying = Extract<Command, { readonly kind: "copy" | "rename" | "restore" }>;

async function runCopying(
  world: World,
  { kind, key: from, to }: Copying,
  job: Job | undefined,
): Promise<void> {
  const { jobs } = world;
  if (kind === "rename") {
    const reply = await world.call("RENAME", from, to);
    if (job === undefined) expect(reply).toBeInstanceOf(ReplyFailure);
    else expect(reply).toBe("OK");
    jobs.delete(from);
    if (job !== undefined) jobs.set(to, job);
  } else if (kind === "copy") {
    const reply = await world.call("COPY", from, to, "REPLACE");
    if (from === to) expect(reply).toBeInstanceOf(ReplyFailure);
    else expect(reply).toBe(Number(job !== undefined));
    if (job !== undefined && from !== to) jobs.set(to, copyOf(job));
  } else if (job !== undefined) {
    const { bytes } = await world.client.exchange("DUMP", from);
    const payload = bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
    expect(await world.call("RESTORE", to, 0, payload, "REPLACE")).toBe("OK");
    jobs.set(to, { ...copyOf(job), expireAtMs: undefined });
  }
}

type Driving = Extract<Command, { readonly kind: "cancel" | "reset" | "force" }>;

async function runDriving(world: World, given: Driving, job: Job | undefined): Promise<void> {
  const nowMs = world.clock.now();
  if (given.kind === "cancel") {
    const count = job === undefined ? 0 : cancel(job, given.id);
    expect(await world.call("SM.CANCEL", given.key, given.id)).toBe(count);
    return;
  }
  const reply = await (given.kind === "reset"
    ? world.call("SM.RESET", given.key)
    : world.call("SM.MUTATE", given.key, given.state, "", "FORCE"));
  if (job === undefined) {
    expect(reply).toBeNull();
    return;
  }
  const refusal = given.kind === "reset" ? reset(job, nowMs) : force(job, given.state, nowMs);
  if (refusal === undefined) expect(reply).toBe("OK");
  else expect(reply).toMatchObject({ message: expect.stringMatching(`^${refusal} `) });
}

type Sending = Extract<Command, { readonly kind: "send" }>;

async function runSend(world: World, given: Sending, job: Job | undefined): Promise<void> {
  const { event, n, id, sequence, delay } = given;
  const why = await world.call("SM.WHY", given.key, event, JSON.stringify({ n }));
  const isRepeated = id !== undefined && job?.ids.has(id) === true;
  const options: Argument[] = [];
  if (id !== undefined) options.push("ID", id);
  if (sequence !== undefined) options.push("SEQ", "source", sequence);
  if (delay !== undefined) options.push("DELAY", delay);
  const reply = await world.call("SM.SEND", given.key, event, JSON.stringify({ n }), ...options);
  const wanted = job === undefined ? "NOMACHINE" : send(job, given, world.clock.now());
  if (reply instanceof ReplyFailure) expect(reply.message.split(" ")[0]).toBe(wanted);
  else expect(reply).toEqual([wanted]);
  if (job === undefined) expect(why).toBeNull();
  else if (!isRepeated && wanted !== "STALE" && (delay === undefined || reply instanceof ReplyFailure)) {
    expectForetold(fields(why), reply);
  }
}

/** What SM.WHY said is what SM.SEND has done. */
function expectForetold(why: Readonly<Record<string, Decoded>>, reply: Decoded): void {
  if (reply instanceof ReplyFailure) {
    expect(`${String(why["verdict"])} ${String(why["message"])}`).toBe(reply.message);
  } else {
    expect(["OK", "DEFERRED", "KEPT"]).toContain(why["verdict"]);
    expect(why["to"]).toEqual(reply);
  }
}

async function expectAgreement(world: World): Promise<void> {
  const { client, jobs } = world;
  await world.passTime();
  for (const [name, job] of jobs) await expectSame(world, name, job);
  for (const name of ["a", "b", "c"]) expect(await world.call("EXISTS", name)).toBe(Number(jobs.has(name)));
  const all = [...jobs];
  expect((await scanAll(client)).sort()).toEqual([...jobs.keys()].sort());
  for (const state of Object.keys(JOB.states)) {
    const there = all.filter(([, job]) => job.state === state).map(([name]) => name);
    expect((await scanAll(client, "STATE", state, "COUNT", "1")).sort()).toEqual(there.sort());
    expect(await world.call("SM.COUNT", "DEF", "job", "STATE", state)).toBe(there.length);
  }
  for (const status of ["active", "failed", "suspended", "done"]) {
    const there = all.filter(([, job]) => job.status === status).map(([name]) => name);
    expect((await scanAll(client, "STATUS", status)).sort()).toEqual(there.sort());
    expect(await world.call("SM.COUNT", "STATUS", status)).toBe(there.length);
  }
  expect(await world.call("SM.VERIFY")).toEqual([]);
}

async function expectSame(world: World, name: string, job: Job): Promise<void> {
  const info = fields(await world.call("SM.INFO", name));
  expect(info, name).toMatchObject({
    state: [job.state],
    status: job.status,
    rev: job.rev,
    context: JSON.stringify({ n: job.n }),
    pending: waitingIn(job),
    failed: job.failed.length,
    timers: job.timerMs === undefined ? 0 : 1,
    ttl: job.expireAtMs === undefined ? -1 : job.expireAtMs - world.clock.now(),
  });
  const kept = rows(await world.call("SM.PENDING", name)).filter(({ kind }) => kind === "kept");
  expect(kept.map(({ event }) => event)).toEqual(job.kept.map(({ event }) => event));
  const revs = rows(await world.call("SM.HISTORY", name, "-", "+")).map((row) => row["rev"]);
  expect(revs).toEqual(Array.from({ length: job.rev }, (_, i) => i + 1));
  expect(await world.call("SM.VERIFY", name)).toEqual([]);
}

test(
  "machines behave as the model under random commands and restarts",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60 }), async (commands) => {
        const world = new World();
        await world.open();
        try {
          await define(world.client, "job", JOB);
          await world.call("SM.CREATE", "a", "job");
          world.jobs.set("a", newJob(undefined));
          for (const given of commands) await run(world, given);
          await expectAgreement(world);
        } finally {
          await world.close();
        }
      }),
      { numRuns: RUNS },
    );
  },
  20_000 + RUNS * 2000,
);
