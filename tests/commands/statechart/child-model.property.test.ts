/**
 * Random commands to parents and children on a durable server, and to a model of them: the same states, the same news in the
 * same order, the same children and keys, restarts included. RUNS for longer runs; fast-check prints the seed.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import type { Decoded } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { temporaryDirectory } from "../../support/stores.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const LEAF = { initial: "on", states: { on: { on: { END: "end" } }, end: { type: "final" } } };
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
  status: "active" | "done" | "stopped" | "gone";
  /** Whether its key is there. */
  isThere: boolean;
}

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
  for (const [name, child] of parent.children)
    if (child.status === "active" && counts(name)) child.status = "stopped";
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
      if (isBusy && parent.children.get(given.id)?.status !== "active")
        parent.children.set(given.id, { status: "active", isThere: true });
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
  for (const name of ["l[0]", "l[1]"]) parent.children.set(name, { status: "active", isThere: true });
}

/** Alone, with its children as stopped. */
function copyOf(parent: Parent): Parent {
  const children = [...parent.children].map(([name, { status }]) => {
    const copied: Child = { status: status === "active" ? "stopped" : status, isThere: false };
    return [name, copied] as const;
  });
  return { ...parent, news: [...parent.news], waiting: [...parent.waiting], children: new Map(children) };
}

function end(parent: Parent, name: string): void {
  const child = parent.children.get(name);
  if (child === undefined || child.status !== "active") return;
  child.status = "done";
  if (!isOfList(name)) tell(parent, `xstate.done.actor.${name}`);
  else if ([...parent.children].every(([each, { status }]) => !isOfList(each) || status === "done"))
    tell(parent, "xstate.done.actor.l");
}

function remove(parent: Parent, name: string): void {
  const child = parent.children.get(name);
  if (child?.isThere !== true) return;
  const wasActive = child.status === "active";
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
  expect(await client.call("SM.VERIFY")).toEqual([]);
}

async function play(commands: readonly Command[]): Promise<void> {
  const directory = temporaryDirectory();
  const clock = new VirtualClock();
  const open = async (): Promise<{ server: TestServer; client: TestClient }> => {
    const store = Store.open(directory, OBJECT_TYPES);
    const server = await startTestServer({ clock, store, config: { appendfsync: "no" } });
    return { server, client: await server.client() };
  };
  let { server, client } = await open();
  await define(client, "leaf", LEAF);
  await define(client, "root", ROOT);
  const parents = new Map<string, Parent>();
  for (const given of [{ kind: "create", key: "a" } as const, ...commands]) {
    apply(parents, given);
    if (given.kind === "restart") {
      await server.close();
      ({ server, client } = await open());
    } else {
      await client.call(...requestOf(given));
      // What waited for a machine that goes on happens in the next turn.
      clock.advance(1);
      await client.call("PING");
    }
    await compare(client, parents);
  }
  await server.close();
}

test("parents and children do under random commands what the model does, restarts included", {
  timeout: 120_000,
}, async () => {
  const runs = Number(process.env["RUNS"] ?? 6);
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), play), {
    numRuns: runs,
  });
});
