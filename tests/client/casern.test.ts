/** The example casern.ts: the behaviour of casern's README and tests, and what a durable state adds to it. */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { type CasernOptions, casern, type Listener, type Reducers } from "../../examples/casern.ts";
import { startTestServer } from "../support/server.ts";

const PREFERENCES = { supportPerson: "bob@help.example", timeoutAfter: 10_000 };

interface Inquiry {
  readonly status: "inquired" | "timeout";
  readonly name: string;
  readonly when: number;
}

interface Messages {
  initialInquiry: { name: string; at: number };
  checkTimeout: { now?: number };
  failing: object;
}

const REDUCERS: Reducers<typeof PREFERENCES, Inquiry, Messages> = {
  initialInquiry: (_preferences, _state, data) => ({ status: "inquired", name: data.name, when: data.at }),
  checkTimeout: ({ timeoutAfter }, state, { now }) => {
    if (state === null || now === undefined || state.status === "timeout") return state;
    return state.when + timeoutAfter < now ? { ...state, status: "timeout" } : state;
  },
  failing: () => {
    throw new Error("this reducer fails");
  },
};

interface Services {
  readonly sendEmail: (to: string, text: string, done: (error?: unknown) => void) => void;
}

type InquiryListener = Listener<typeof PREFERENCES, Services, Inquiry, Messages>;

const NO_SERVICES: Services = { sendEmail: (_to, _text, done) => done() };

async function connected() {
  const server = await startTestServer();
  const redis = new Redis({ port: server.port });
  const opened: Array<() => Promise<void>> = [];
  onTestFinished(async () => {
    for (const dispose of opened) await dispose();
    redis.disconnect();
    await server.close();
  });
  const open = async (
    listeners: Readonly<Record<string, InquiryListener>> = {},
    services: Services = NO_SERVICES,
    options: CasernOptions = {},
  ) => {
    const started = await casern(redis, PREFERENCES, services, REDUCERS, listeners, options);
    opened.push(started.dispose);
    return started;
  };
  const revOf = async (id: string) => {
    const info = await redis.call("SM.INFO", `casern:${id}`);
    return Array.isArray(info) ? info[info.indexOf("rev") + 1] : null;
  };
  return { redis, open, revOf };
}

/** Resolves when it has been called so often. */
function counter(count: number) {
  let left = count;
  let reached = () => {};
  const all = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const hit = () => {
    left -= 1;
    if (left === 0) reached();
  };
  return { all, hit };
}

test("send() gives the reducer preferences, state and data, and stores what it returns", async () => {
  const { open } = await connected();
  const { send } = await open();
  const inquired = { status: "inquired", name: "ryan", when: 1000 };
  expect(await send("initialInquiry", "12344", { name: "ryan", at: 1000 })).toEqual(inquired);
  expect(await send("checkTimeout", "12344", { now: 11_000 })).toEqual(inquired);
  expect(await send("checkTimeout", "12344", { now: 11_001 })).toEqual({ ...inquired, status: "timeout" });
  expect(await send("checkTimeout", "another", { now: 11_001 })).toBeNull();
});

test("send() stores nothing when the reducer returns an equal state", async () => {
  const { open, revOf } = await connected();
  const told: unknown[] = [];
  const { all, hit } = counter(2);
  const { send } = await open({
    telling: (_preferences, _services, _send, previous, current, _data, _id, done) => {
      told.push([previous?.status, current?.status]);
      done();
      hit();
    },
  });
  await send("initialInquiry", "1", { name: "ann", at: 0 });
  const rev = await revOf("1");
  await send("checkTimeout", "1", {});
  await send("checkTimeout", "1", { now: 5 });
  await send("checkTimeout", "never", { now: 5 });
  expect(await revOf("1")).toBe(rev);
  expect(await revOf("never")).toBeNull();
  await send("checkTimeout", "1", { now: 20_000 });
  await all;
  expect(told).toEqual([
    [undefined, "inquired"],
    ["inquired", "timeout"],
  ]);
});

test("send() rejects and stores nothing when there is no such reducer, no id, or the reducer fails", async () => {
  const { open, revOf } = await connected();
  const { send } = await open();
  await expect(send("nothing" as "failing", "1", {})).rejects.toThrow("there is no reducer 'nothing'");
  await expect(send("failing", "", {})).rejects.toThrow("a message needs the id of a state");
  await expect(send("failing", "1", {})).rejects.toThrow("this reducer fails");
  expect(await revOf("1")).toBeNull();
  expect(await send("initialInquiry", "1", { name: "ann", at: 0 })).toMatchObject({ name: "ann" });
});

test("send() loses no message when two programs send to one id at the same time", async () => {
  const { redis } = await connected();
  const add = (_preferences: null, state: number | null, by: number) => (state ?? 0) + by;
  const open = () => casern<null, null, number, { add: number }>(redis, null, null, { add }, {});
  const [left, right] = await Promise.all([open(), open()]);
  const sends = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? left : right).send("add", "sum", at));
  await Promise.all(sends);
  expect(JSON.parse(String(await redis.call("SM.CONTEXT", "casern:sum")))).toEqual({ current: 1225 });
  await Promise.all([left.dispose(), right.dispose()]);
});

test("a listener gets preferences, services, both states, the data and the id, once for each change", async () => {
  const { open } = await connected();
  const mails: string[] = [];
  const { all, hit } = counter(3);
  const services: Services = {
    sendEmail: (to, text, done) => {
      mails.push(`${to}: ${text}`);
      done();
      hit();
    },
  };
  const seen: unknown[] = [];
  const { send } = await open(
    {
      emailSupport: ({ supportPerson }, { sendEmail }, _send, _previous, current, _data, _id, done) => {
        if (current?.status !== "timeout") return done();
        sendEmail(supportPerson, `${current.name} has not answered`, done);
      },
      seeing: (_preferences, _services, _send, previous, current, data, id, done) => {
        seen.push({ id, previous: previous?.status, current: current?.status, data });
        done();
        hit();
      },
    },
    services,
  );
  await send("initialInquiry", "12344", { name: "ryan", at: 0 });
  await send("checkTimeout", "12344", { now: 20_000 });
  await send("checkTimeout", "12344", { now: 30_000 });
  await all;
  expect(mails).toEqual(["bob@help.example: ryan has not answered"]);
  expect(seen).toEqual([
    { id: "12344", current: "inquired", data: { name: "ryan", at: 0 } },
    { id: "12344", previous: "inquired", current: "timeout", data: { now: 20_000 } },
  ]);
});

test("a listener may send messages", async () => {
  const { open } = await connected();
  const { all, hit } = counter(1);
  const { send } = await open({
    first: (_preferences, _services, again, previous, _current, _data, id, done) => {
      if (previous !== null) return done();
      again("checkTimeout", id, { now: 20_000 }).then(() => done(), done);
    },
    last: (_preferences, _services, _send, previous, current, _data, _id, done) => {
      if (previous?.status === "inquired" && current?.status === "timeout") hit();
      done();
    },
  });
  await send("initialInquiry", "id123", { name: "ryan", at: 0 });
  await all;
});

test("a listener is called again, and others go on, when it fails", async () => {
  const { open } = await connected();
  const errors: unknown[] = [];
  const tries: string[] = [];
  const { all, hit } = counter(4);
  const { send } = await open(
    {
      failing: (_preferences, _services, _send, _previous, current, _data, _id, done) => {
        tries.push(String(current?.name));
        if (tries.length === 1) throw new Error("thrown");
        if (tries.length === 2) return done(new Error("handed over"));
        hit();
        done();
      },
      other: (_preferences, _services, _send, _previous, _current, _data, _id, done) => {
        hit();
        done();
      },
    },
    NO_SERVICES,
    { retryMs: 1, onError: (error) => errors.push(String(error)) },
  );
  await send("initialInquiry", "1", { name: "ann", at: 0 });
  await send("initialInquiry", "2", { name: "ben", at: 0 });
  await all;
  expect(tries).toEqual(["ann", "ann", "ann", "ben"]);
  expect(errors).toEqual(["Error: thrown", "Error: handed over"]);
});

test("a listener is called after a restart for changes that it has not handled and for those made meanwhile", async () => {
  const { open } = await connected();
  const interrupted = counter(1);
  const before = await open({ mail: () => interrupted.hit() });
  await before.send("initialInquiry", "1", { name: "ann", at: 0 });
  await interrupted.all;
  await before.dispose();
  await before.send("initialInquiry", "2", { name: "ben", at: 0 });
  const names: unknown[] = [];
  const { all, hit } = counter(2);
  await open({
    mail: (_preferences, _services, _send, _previous, current, _data, _id, done) => {
      names.push(current?.name);
      done();
      hit();
    },
  });
  await all;
  expect(names).toEqual(["ann", "ben"]);
});

test("casern() keeps programs with different names apart", async () => {
  const { open } = await connected();
  const [left, right] = [await open(), await open({}, NO_SERVICES, { name: "casern-other" })];
  await left.send("initialInquiry", "1", { name: "ann", at: 0 });
  expect(await right.send("checkTimeout", "1", { now: 20_000 })).toBeNull();
});
