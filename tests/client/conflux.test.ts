/** The example conflux.ts: the behaviour of conflux's README and tests, and several nodes of which one is killed. */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { conflux, type States } from "../../examples/conflux.ts";
import { startProgram } from "../support/program.ts";
import { startTestServer } from "../support/server.ts";
import { type Added, COUNTING } from "./conflux-methods.ts";

type Action = { readonly type: string; readonly a?: string; readonly b?: string };
type Log = readonly Action[];

const METHODS = {
  foo: (): Action => ({ type: "foo" }),
  bar: (a: string, b: string): Action => ({ type: "bar", a, b }),
  nothing: () => null,
  wrong: () => new Error("nope"),
  once(this: States<Log>): Action | Error {
    const isThere = this.getProvisionalState().some(({ type }) => type === "once");
    return isThere ? new Error("it is there") : { type: "once" };
  },
};

const reduce = (log: Log | undefined, action: Action | null): Log =>
  action === null ? (log ?? []) : [...(log ?? []), action];

async function serverWithNodes() {
  const server = await startTestServer();
  const connections: Redis[] = [];
  onTestFinished(async () => {
    for (const redis of connections) redis.disconnect();
    await server.close();
  });
  const connect = () => {
    const redis = new Redis({ port: server.port });
    connections.push(redis);
    return redis;
  };
  const open = (id: string) => conflux({ redis: connect(), id, name: "test", methods: METHODS, reduce });
  return { server, connect, open };
}

/** Resolves when the condition holds, looked at whenever the node calls back. */
function until(node: { subscribe(callback: () => void): () => void }, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = node.subscribe(look);
    look();
  });
}

test("perform() resolves with the action, with undefined for null, and rejects with an Error", async () => {
  const { open } = await serverWithNodes();
  const [a, b] = [await open("a"), await open("b")];
  expect(a.getState()).toEqual([]);
  expect(await a.perform("foo", [], 5000)).toEqual({ type: "foo" });
  expect(await b.perform("bar", ["fee", "fi"])).toEqual({ type: "bar", a: "fee", b: "fi" });
  expect(await a.perform("nothing")).toBeUndefined();
  await expect(a.perform("wrong", [])).rejects.toThrow("nope");
  await expect(a.perform("zooby" as "foo")).rejects.toThrow("zooby is not a registered method");
  await until(a, () => a.getState().length === 2);
  expect(a.getState()).toEqual([{ type: "foo" }, { type: "bar", a: "fee", b: "fi" }]);
  expect(b.getState()).toEqual(a.getState());
  await Promise.all([a.close(), b.close()]);
});

test("perform() calls back with an error or an action when it is given a callback", async () => {
  const { open } = await serverWithNodes();
  const node = await open("a");
  const answers: unknown[] = [];
  const answered = (perform: (callback: (error: Error | null, action?: Action) => void) => unknown) =>
    new Promise<void>((resolve) => {
      perform((error, action) => {
        answers.push(error?.message ?? action);
        resolve();
      });
    });
  await answered((callback) => node.perform("foo", [], callback));
  await answered((callback) => node.perform("nothing", [], 5000, callback));
  await answered((callback) => node.perform("wrong", [], 5000, callback));
  expect(answers).toEqual([{ type: "foo" }, undefined, "nope"]);
  await node.close();
});

test("perform() rejects when there is no answer in time", async () => {
  const { connect } = await serverWithNodes();
  const redis = connect();
  const node = await conflux({ redis, id: "a", name: "slow", methods: METHODS, reduce });
  await redis.call("CLIENT", "PAUSE", 60_000, "WRITE");
  await expect(node.perform("foo", [], 1)).rejects.toThrow("no answer within 1 ms");
  await connect().call("CLIENT", "UNPAUSE");
  await until(node, () => node.getState().length === 1);
  await node.close();
});

test("subscribe() calls back after each committed action of any node until it is unsubscribed", async () => {
  const { open } = await serverWithNodes();
  const [a, b] = [await open("a"), await open("b")];
  const seen: number[] = [];
  const unsubscribe = a.subscribe(() => seen.push(a.getState().length));
  await b.perform("foo");
  await until(a, () => a.getState().length === 1);
  await a.perform("foo");
  unsubscribe();
  await a.perform("foo");
  expect(seen).toEqual([1, 2]);
  await Promise.all([a.close(), b.close()]);
});

test("getProvisionalState() has the action that is being committed, getState() has not", async () => {
  const { open } = await serverWithNodes();
  const node = await open("a");
  const performing = node.perform("foo");
  // The method runs before anything can come from the server: only what waits for a reply needs another turn.
  for (let turn = 0; turn < 10; turn += 1) await null;
  expect(node.getState()).toEqual([]);
  expect(node.getProvisionalState()).toEqual([{ type: "foo" }]);
  await performing;
  expect(node.getState()).toEqual([{ type: "foo" }]);
  expect(node.getProvisionalState()).toEqual(node.getState());
  await node.close();
});

test("a method decides by the state that its action follows when nodes race", async () => {
  const { open } = await serverWithNodes();
  const nodes = await Promise.all(["a", "b", "c", "d"].map(open));
  const results = await Promise.allSettled(nodes.map((node) => node.perform("once")));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const node of nodes) {
    await until(node, () => node.getState().length === 1);
    await node.close();
  }
});

test("a node that is opened later, or was away too long for the history, has the state of the others", async () => {
  const { server, open, connect } = await serverWithNodes();
  const first = await open("a");
  await first.perform("foo");
  await server.context.config.set([["sm-history-max", "2"]]);
  for (let round = 0; round < 5; round += 1) await first.perform("foo");
  const later = await open("b");
  expect(later.getState()).toEqual(first.getState());
  await connect().call("DEL", "conflux:test");
  const anew = await open("c");
  await anew.perform("foo");
  expect(await first.perform("bar", ["x", "y"])).toMatchObject({ type: "bar" });
  expect(first.getState()).toEqual([{ type: "foo" }, { type: "bar", a: "x", b: "y" }]);
  for (const node of [first, later, anew]) await node.close();
});

test("the other nodes continue, and every committed action is applied once, when a node is killed", async () => {
  const { server, connect } = await serverWithNodes();
  const args = ["--import", import.meta.resolve("tsx"), new URL("conflux-node.ts", import.meta.url).pathname];
  const doomed = startProgram({
    command: [process.execPath, ...args],
    args: [String(server.port), "doomed"],
  });
  const ids = ["a", "b"];
  const nodes = await Promise.all(
    ids.map((id) => conflux({ redis: connect(), id, name: "killed", ...COUNTING })),
  );
  await doomed.printed(/committed 5\n/);
  const adding = nodes.map(async (node, at) => {
    for (let number = 0; number < 50; number += 1) {
      if (number === 10 && at === 0) doomed.child.kill("SIGKILL");
      await node.perform("add", [ids[at] ?? "", number]);
    }
  });
  await Promise.all(adding);
  await doomed.ended;
  const [log = []] = await Promise.all(
    nodes.map(async (node) => {
      await until(node, () => node.getState().filter(({ by }) => by !== "doomed").length === 100);
      return node.getState();
    }),
  );
  const numbersOf = (id: string) => log.filter(({ by }: Added) => by === id).map(({ number }) => number);
  const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);
  for (const id of ids) expect(numbersOf(id)).toEqual(upTo(50));
  const confirmed = [...doomed.output().matchAll(/committed (\d+)/g)].length;
  const ofDoomed = numbersOf("doomed");
  expect(ofDoomed).toEqual(upTo(ofDoomed.length));
  expect(ofDoomed.length - confirmed).toBeOneOf([0, 1]);
  for (const node of nodes) expect(node.getState()).toEqual(log);
  for (const node of nodes) await node.close();
});
