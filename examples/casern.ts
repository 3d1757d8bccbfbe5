/**
 * Many little state machines in the manner of casern: reducers are functions of the program, the state of each id is a
 * durable machine. A reducer gets the state and returns the next one, which is stored if it is another. Each listener is
 * told of every stored change with the previous and the current state, in order, and again until it says that it is done.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Client, createClient, type Definition, DetentError, type MachineChange } from "detent/client";
import type { Redis } from "ioredis";

/** The state of an id is null before its first message. */
export type Reducer<Preferences, State, Data> = (
  preferences: Preferences,
  state: State | null,
  data: Data,
) => State | null;

export type Reducers<Preferences, State, Messages> = {
  readonly [Name in keyof Messages]: Reducer<Preferences, State, Messages[Name]>;
};

/** Stores what the reducer `to` makes of the state of `id`; resolves with the state that is stored then. */
export type Send<State, Messages> = <Name extends keyof Messages & string>(
  to: Name,
  id: string,
  data: Messages[Name],
) => Promise<State | null>;

/** Calls `done` when it is done, with an error to be told of the change again. */
export type Listener<Preferences, Services, State, Messages> = (
  preferences: Preferences,
  services: Services,
  send: Send<State, Messages>,
  previous: State | null,
  current: State | null,
  appliedData: Messages[keyof Messages],
  id: string,
  done: (error?: unknown) => void,
) => void;

export interface CasernOptions {
  /** What the definition is called, and what the keys begin with; programs that share a server have different ones. */
  readonly name?: string;
  /** How long a listener that has failed waits before it is told again. */
  readonly retryMs?: number;
  /** Told of a listener that fails, and of a connection that is given up. */
  readonly onError?: (error: unknown) => void;
}

/** The event that stores a state, and its data: the change stream hands these on to the listeners. */
interface Stored<State, Messages> {
  readonly reducer: string;
  readonly applied: Messages[keyof Messages];
  readonly previous: State | null;
  readonly current: State | null;
}

type Store<State, Messages> = Client<{ STORE: Stored<State, Messages> }, { readonly current: State | null }>;

const HOLDER: Definition = {
  context: { current: null },
  states: { holding: { on: { STORE: { actions: [{ assign: { current: "event.current" } }] } } } },
};

export async function casern<Preferences, Services, State, Messages extends object>(
  redis: Redis,
  preferences: Preferences,
  services: Services,
  reducers: Reducers<Preferences, State, Messages>,
  listeners: Readonly<Record<string, Listener<Preferences, Services, State, Messages>>>,
  { name = "casern", retryMs = 1000, onError = console.error }: CasernOptions = {},
) {
  const client: Store<State, Messages> = createClient(redis);
  await client.define(name, HOLDER);
  const inTurn = turns();
  const send: Send<State, Messages> = async (to, id, data) => {
    if (!Object.hasOwn(reducers, to)) throw new Error(`there is no reducer '${to}'`);
    if (id === "") throw new Error("a message needs the id of a state");
    const reduce = (state: State | null) => reducers[to](preferences, state, data);
    return inTurn(id, () => store(client, { name, id, reducer: to, applied: data, reduce }));
  };
  const ending = new AbortController();
  const { signal } = ending;
  const tell = (listener: Listener<Preferences, Services, State, Messages>, change: MachineChange) =>
    new Promise<boolean>((resolve) => {
      const settle = (isDone: boolean) => {
        signal.removeEventListener("abort", cut);
        resolve(isDone);
      };
      const cut = () => settle(false);
      signal.addEventListener("abort", cut);
      const done = (error?: unknown) => {
        if (error) onError(error);
        settle(!error);
      };
      try {
        const { previous, current, applied } = change.data as Stored<State, Messages>;
        const id = change.key.slice(name.length + 1);
        listener(preferences, services, send, previous, current, applied, id, done);
      } catch (error) {
        done(error);
      }
    });
  const follow = async (group: string, listener: Listener<Preferences, Services, State, Messages>) => {
    for await (const change of client.changes(name, { group, signal })) {
      while (change.event === "STORE" && !(await tell(listener, change))) {
        if (signal.aborted) return;
        await pause(retryMs, undefined, { signal }).catch(() => undefined);
      }
      await change.ack();
    }
  };
  const following = Object.entries(listeners).map(([group, listener]) =>
    follow(group, listener).catch(onError),
  );
  return {
    send,
    /** Ends the listeners. What they have not done comes again at the next start. */
    dispose: async (): Promise<void> => {
      ending.abort();
      await Promise.all(following);
    },
  };
}

interface Message<State, Messages> {
  readonly name: string;
  readonly id: string;
  readonly reducer: string;
  readonly applied: Messages[keyof Messages];
  readonly reduce: (state: State | null) => State | null;
}

/** Reads, reduces and stores; again if somebody else has stored a state meanwhile. */
async function store<State, Messages>(
  client: Store<State, Messages>,
  { name, id, reducer, applied, reduce }: Message<State, Messages>,
): Promise<State | null> {
  const key = `${name}:${id}`;
  const eventId = randomUUID();
  for (;;) {
    const machine = await client.get(key);
    const previous = machine?.context.current ?? null;
    const current = asStored(reduce(structuredClone(previous)));
    if (isDeepStrictEqual(previous, current)) return current;
    try {
      const data = { reducer, applied, previous, current };
      // A machine that the event makes has revision 1 before it.
      await client.send(key, "STORE", data, { id: eventId, ifRev: machine?.rev ?? 1, definition: name });
      return current;
    } catch (error) {
      if (!(error instanceof DetentError && error.code === "UNMET")) throw error;
    }
  }
}

/** What JSON keeps of a state. */
function asStored<State>(state: State | null): State | null {
  return JSON.parse(JSON.stringify(state ?? null)) as State | null;
}

/** Runs what belongs to an id one after the other, in the order of the calls. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return <Result>(id: string, work: () => Promise<Result>): Promise<Result> => {
    const result = (last.get(id) ?? Promise.resolve()).then(work);
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (last.get(id) === settled) last.delete(id);
      });
    last.set(id, settled);
    return result;
  };
}
