/**
 * One state that several nodes change, in the manner of conflux. A method decides on an action by the state as it is, the
 * reducer makes the next state of it, and the server commits both only if no other node was faster; then the method
 * decides anew. So there is no leader: a node that dies stops nobody, and what it has committed stays.
 */
import { randomUUID } from "node:crypto";
import { createClient, type Definition, DetentError } from "detent/client";
import type { Redis } from "ioredis";

/** What a method sees as `this`. */
export interface States<State> {
  /** The state after all committed actions that this node knows of. */
  getState(): State;
  /** The state if the action that this node is committing is committed. */
  getProvisionalState(): State;
}

/** Synchronous. Returns the action, null for none, or an Error if there is no valid action in the provisional state. */
export type Method<State, Action> = (this: States<State>, ...args: never[]) => Action | null | Error;

export interface ConfluxOptions<State, Action, Methods> {
  readonly redis: Redis;
  /** The id of the node, which the history has with each action. */
  readonly id: string;
  /** The cluster: all nodes of a name share a state. */
  readonly name: string;
  readonly methods: Methods;
  /** Pure; gets undefined and null for the initial state. */
  readonly reduce: (state: State | undefined, action: Action | null) => State;
}

type Callback<Action> = (error: Error | null, action?: Action) => void;

export interface Node<State, Action, Methods extends object> extends States<State> {
  /**
   * Calls a method and commits its action; resolves with the action, or with undefined for none. Rejects with the Error
   * of the method, or when `timeoutMs` has passed: the action may be committed all the same.
   */
  perform<Name extends keyof Methods & string>(
    method: Name,
    args?: ArgumentsOf<Methods[Name]>,
    ...rest: [timeoutMs?: number, callback?: Callback<Action>] | [callback: Callback<Action>]
  ): Promise<Action | undefined>;
  /** Calls back after each committed action; returns what ends that. */
  subscribe(callback: () => void): () => void;
  close(): Promise<void>;
}

type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;

const DEFINITION = "conflux";

const SHARED: Definition = {
  context: { state: null },
  states: { shared: { on: { ACTION: { actions: [{ assign: { state: "event.state" } }] } } } },
};

/** Entries of the history that are read at once. */
const COUNT = 100;

/** What a node knows of the machine: when it was made, its revision and the state that it holds then. */
interface Shared<State> {
  readonly created: number;
  readonly rev: number;
  readonly state: State;
}

/** An action and the state after it. */
interface Committed<State, Action> {
  readonly action: Action;
  readonly state: State;
}

export async function conflux<State, Action, Methods extends Record<keyof Methods, Method<State, Action>>>({
  redis,
  id,
  name,
  methods,
  reduce,
}: ConfluxOptions<State, Action, Methods>): Promise<Node<State, Action, Methods>> {
  type Events = { ACTION: Committed<State, Action> };
  const client = createClient<Events, { readonly state: State }>(redis);
  const key = `${DEFINITION}:${name}`;
  const callbacks = new Set<{ readonly call: () => void }>();
  const initial = (): State => reduce(undefined, null);
  let committed: Shared<State> = { created: 0, rev: 0, state: initial() };
  let provisional: { readonly state: State } | null = null;

  const commit = (next: Shared<State>): void => {
    const isLate = next.created === committed.created && next.rev <= committed.rev;
    if (isLate) return;
    committed = next;
    for (const { call } of callbacks) call();
  };
  /**
   * Reads what other nodes have committed, action by action. Where the history does not have the next one any more, or
   * the machine has been made anew, that is one step to the state as it is.
   */
  const catchUp = async (): Promise<void> => {
    const { created, rev } = committed;
    const recorded = await client.history(key, { from: rev + 1, count: COUNT });
    if (recorded[0]?.rev === rev + 1) {
      for (const entry of recorded) {
        const state = entry.event === "ACTION" ? (entry.data as Events["ACTION"]).state : committed.state;
        commit({ created, rev: entry.rev, state });
      }
      return recorded.length === COUNT ? catchUp() : undefined;
    }
    const machine = await client.get(key);
    if (machine === null) return;
    commit({ ...machine, state: machine.rev === 1 ? initial() : machine.context.state });
  };

  const states: States<State> = {
    getState: () => committed.state,
    getProvisionalState: () => (provisional ?? committed).state,
  };
  const decide = async (method: Method<State, Action>, args: readonly never[]) => {
    const eventId = randomUUID();
    for (;;) {
      const action = method.apply(states, [...args]);
      if (action instanceof Error) throw action;
      if (action === null || action === undefined) return undefined;
      const { created, rev } = committed;
      const state = asStored(reduce(committed.state, action));
      provisional = { state };
      try {
        const sent = await client.send(key, "ACTION", { action, state }, { id: eventId, ifRev: rev, by: id });
        commit({ created, rev: sent.rev, state });
        return action;
      } catch (error) {
        if (!(error instanceof DetentError && error.code === "UNMET")) throw error;
        await catchUp();
      } finally {
        provisional = null;
      }
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  /** The methods of a node run one after the other. */
  const perform = async (method: string, args: readonly never[]): Promise<Action | undefined> => {
    if (!Object.hasOwn(methods, method)) throw new Error(`${method} is not a registered method`);
    const result = last.then(() => decide(methods[method as keyof Methods], args));
    last = result.catch(() => undefined);
    return result;
  };

  await client.define(DEFINITION, SHARED);
  await client.create(key, DEFINITION, { isNew: true });
  const watcher = redis.duplicate();
  // What fails here is read again with the next message, or when the connection is there again.
  for (const event of ["message", "ready"]) watcher.on(event, () => catchUp().catch(() => undefined));
  await watcher.subscribe(`sm:${key}`);
  await catchUp();
  return {
    ...states,
    perform: async (method, args, ...rest) => {
      const options: ReadonlyArray<number | Callback<Action> | undefined> = rest;
      const timeoutMs = options.find((option) => typeof option === "number");
      const callback = options.find((option) => typeof option === "function");
      const result = within(timeoutMs, perform(method, (args ?? []) as readonly never[]));
      if (callback === undefined) return result;
      result.then((action) => callback(null, action), callback);
      return undefined;
    },
    subscribe: (call) => {
      const subscription = { call };
      callbacks.add(subscription);
      return () => callbacks.delete(subscription);
    },
    close: async () => {
      callbacks.clear();
      watcher.disconnect();
      await last;
    },
  };
}

/** Rejects when it takes longer than so many milliseconds; undefined waits for ever. */
function within<Result>(timeoutMs: number | undefined, result: Promise<Result>): Promise<Result> {
  if (timeoutMs === undefined) return result;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** What JSON keeps of a state, as the other nodes get it. */
function asStored<State>(state: State): State {
  return JSON.parse(JSON.stringify(state)) as State;
}
