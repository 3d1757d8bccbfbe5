/**
 * Random commands to parents and children on a durable server, and to a model of them: the same states, the same news in the
 * same order, the same children and keys, restarts included. RUNS for longer runs; fast-check prints the seed.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { LastingServer } from "../../support/lasting-server.ts";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";

const RUNS = Number(process.env["RUNS"] ?? 6);

/** Fails at FAIL, unless it is well. */
const LEAF = {
  initial: "on",
  context: { isWell: false },
  states: {
    on: {
      on: {
        END: "end",
        TURN: { actions: { assign: { isWell: "!context.isWell" } } },
        FAIL: { actions: { assign: { n: "context.isWell ? 1 : 1 / 0" } } },
      },
    },
    end: { type: "final" },
  },
};
const NEWS = (text: string) => ({ actions: { assign: { news: `context.news + [${text}]` } } });
const ROOT = {
  initial: "idle",
  context: { news: [] },
  states: {
    idle: { on: { GO: "busy" } },
    busy: {
      invoke: { src: "leaf", id: "l", each: "[1, 2]" },
      on: {
        SPAWN: { actions: { spawn: { src: "leaf", id: { expr: "event.id" } } } },
        STOP: { actions: { stop: { expr: "event.id" } } },
        LEAVE: "idle",
        "xstate.done.actor.*": NEWS("event.type"),
        "xstate.error.actor.*": NEWS("event.type + ' ' + event.code"),
      },
    },
  },
};

interface Child {
  status: "active" | "failed" | "done" | "stopped" | "gone";
  /** Whether its key is there. */
  isThere: boolean;
  isWell: boolean;
}

const NEW_CHILD: Readonly<Child> = { status: "active", isThere: true, isWell: false };

interface Parent {
  state: "idle" | "busy";
  news: string[];
  isSuspended: boolean;
  waiting: string[];
  /** By the id, with the place in a list. */
  children: Map<string, Child>;
}

const KEYS = ["a", "b"] as const;
const NAMES = ["x", "y", "l[0]", "l[1]"] as const;
const key = fc.constantFrom(...KEYS);
const command = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("create" as const), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("go" as const, "leave" as const), key }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("spawn" as const, "spawn" as const, "stop" as const),
      key,
      id: fc.constantFrom("x", "y"),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom("end" as const, "end" as const, "end" as const, "remove" as const),
      key,
      child: fc.constantFrom(...NAMES),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("fail" as const, "fail" as const, "turn" as const, "retry" as const),
      key,
      child: fc.constantFrom(...NAMES),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("copy" as const, "rename" as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("suspend" as const, "resume" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("reset" as const, "delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), key }) },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

function tell(parent: Parent, news: string): void {
  if (parent.isSuspended) parent.waiting.push(news);
  else if (parent.state === "busy") parent.news.push(news);
}

function stopAll(parent: Parent, counts: (name: string) => boolean = () => true): void {
  for (const [name, child] of parent.children) if (isRunning(child) && counts(name)) child.status = "stopped";
}

function isRunning(child: Child | undefined): boolean {
  return child?.status === "active" || child?.status === "failed";
}

const isOfList = (name: string) => name.startsWith("l[");

/** What a command does to the model. */
function apply(parents: Map<string, Parent>, given: Command): void {
  const parent = parents.get(given.key);
  const other = given.key === "a" ? "b" : "a";
  if (given.kind === "create") {
    if (parent !== undefined) stopAll(parent);
    const children = parent?.children ?? new Map<string, Child>();
    parents.set(given.key, { state: "idle", news: [], isSuspended: false, waiting: [], children });
  }
  if (parent === undefined) return;
  const isBusy = parent.state === "busy" && !parent.isSuspended;
  switch (given.kind) {
    case "go":
      enter(parent);
      return;
    case "leave":
      if (!isBusy) return;
      parent.state = "idle";
      stopAll(parent, isOfList);
      return;
    case "spawn":
      if (isBusy && !isRunning(parent.children.get(given.id)))
        parent.children.set(given.id, { ...NEW_CHILD });
      return;
    case "stop":
      if (isBusy) stopAll(parent, (name) => name === given.id);
      return;
    case "end":
      end(parent, given.child);
      return;
    case "remove":
      remove(parent, given.child);
      return;
    case "fail":
    case "turn":
    case "retry":
      run(parent, given.child, given.kind);
      return;
    case "copy":
      parents.set(other, copyOf(parent));
      return;
    case "rename":
      parents.delete(given.key);
      parents.set(other, parent);
      return;
    case "suspend":
      parent.isSuspended = true;
      return;
    case "resume":
      if (!parent.isSuspended) return;
      parent.isSuspended = false;
      for (const news of parent.waiting.splice(0)) tell(parent, news);
      return;
    case "reset":
      if (parent.isSuspended) return;
      stopAll(parent);
      parent.state = "idle";
      parent.news = [];
      return;
    case "delete":
      parents.delete(given.key);
  }
}

function enter(parent: Parent): void {
  if (parent.state !== "idle" || parent.isSuspended) return;
  parent.state = "busy";
  for (const name of ["l[0]", "l[1]"]) parent.children.set(name, { ...NEW_CHILD });
}

/** Alone, with its children as stopped. */
function copyOf(parent: Parent): Parent {
  const children = [...parent.children].map(([name, { status }]) => {
    const isAlive = status === "active" || status === "failed";
    return [name, { status: isAlive ? "stopped" : status, isThere: false, isWell: false } as Child] as const;
  });
  return { ...parent, news: [...parent.news], waiting: [...parent.waiting], children: new Map(children) };
}

function end(parent: Parent, name: string): void {
  const child = parent.children.get(name);
  if (child === undefined || !isRunning(child)) return;
  child.status = "done";
  if (!isOfList(name)) tell(parent, `xstate.done.actor.${name}`);
  else if ([...parent.children].every(([each, { status }]) => !isOfList(each) || status === "done"))
    tell(parent, "xstate.done.actor.l");
}

/** A parent hears of a child that fails once, until that is mended. */
function run(parent: Parent, name: string, kind: "fail" | "turn" | "retry"): void {
  const child = parent.children.get(name);
  if (child === undefined || !isRunning(child)) return;
  if (kind === "turn") child.isWell = !child.isWell;
  else if (kind === "retry") child.status = child.isWell ? "active" : child.status;
  else if (!child.isWell && child.status === "active") {
    child.status = "failed";
    tell(parent, `xstate.error.actor.${isOfList(name) ? "l" : name} EXECFAIL`);
  }
}

function remove(parent: Parent, name: string): void {
  const child = parent.children.get(name);
  if (child?.isThere !== true) return;
  const wasActive = isRunning(child);
  if (isOfList(name)) {
    child.isThere = false;
    if (wasActive) child.status = "gone";
  } else parent.children.delete(name);
  if (wasActive) tell(parent, `xstate.error.actor.${isOfList(name) ? "l" : name} DELETED`);
}

function requestOf(given: Command): readonly string[] {
  const at = given.key;
  const other = at === "a" ? "b" : "a";
  switch (given.kind) {
    case "create":
      return ["SM.CREATE", at, "root"];
    case "go":
    case "leave":
      return ["SM.SEND", at, given.kind.toUpperCase()];
    case "spawn":
    case "stop":
      return ["SM.SEND", at, given.kind.toUpperCase(), JSON.stringify({ id: given.id })];
    case "end":
      return ["SM.SEND", `{${at}}.${given.child}`, "END"];
    case "remove":
      return ["DEL", `{${at}}.${given.child}`];
    case "fail":
      return ["SM.SEND", `{${at}}.${given.child}`, "FAIL", "DELAY", "0"];
    case "turn":
      return ["SM.SEND", `{${at}}.${given.child}`, "TURN"];
    case "retry":
      return ["SM.RETRY", `{${at}}.${given.child}`];
    case "copy":
      return ["COPY", at, other, "REPLACE"];
    case "rename":
      return ["RENAME", at, other];
    case "suspend":
    case "resume":
    case "reset":
      return [`SM.${given.kind.toUpperCase()}`, at];
    default:
      return ["DEL", at];
  }
}

async function compare(client: TestClient, parents: ReadonlyMap<string, Parent>): Promise<void> {
  for (const at of KEYS) {
    const parent = parents.get(at);
    const there = NAMES.filter((name) => parent?.children.get(name)?.isThere === true);
    const found = NAMES.map((name) => client.call("EXISTS", `{${at}}.${name}`));
    expect((await Promise.all(found)).map(Number)).toEqual(NAMES.map((name) => Number(there.includes(name))));
    const reply = await client.call("SM.INFO", at);
    if (parent === undefined) {
      expect(reply).toBe(null);
      continue;
    }
    const info = fields(reply);
    expect(info["state"]).toEqual([parent.state]);
    expect(info["status"]).toBe(parent.isSuspended ? "suspended" : "active");
    expect(JSON.parse(String(info["context"]))).toEqual({ news: parent.news });
    const children = rows(info["children"] as Decoded).map(({ id, status }) => [id, status]);
    expect(Object.fromEntries(children)).toEqual(
      Object.fromEntries([...parent.children].map(([name, { status }]) => [name, status])),
    );
  }
}

async function play(server: LastingServer, commands: readonly Command[]): Promise<void> {
  await define(server.client, "leaf", LEAF);
  await define(server.client, "root", ROOT);
  const parents = new Map<string, Parent>();
  for (const given of [{ kind: "create", key: "a" } as const, ...commands]) {
    apply(parents, given);
    if (given.kind === "restart") {
      expect(await server.call("SM.VERIFY")).toEqual([]);
      await server.restart();
    } else {
      await server.call(...requestOf(given));
      // What waited for a machine that goes on happens in the next turn.
      server.clock.advance(1);
      await server.call("PING");
    }
    await compare(server.client, parents);
  }
  // Once, because a process of its own reads the file for it.
  expect(await server.call("SM.VERIFY")).toEqual([]);
}

test("parents and children behave as the model under random commands and restarts", {
  timeout: 120_000 + RUNS * 5000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
      const server = new LastingServer();
      await server.open();
      try {
        await play(server, commands);
      } finally {
        await server.close();
      }
    }),
    { numRuns: RUNS },
  );
});
