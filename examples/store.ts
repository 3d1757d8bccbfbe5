/** A store in the manner of Redux, whose state is a durable machine: perform, subscribe, getState. */
import type { Client, EventMap, SendResult } from "../src/client/client.ts";

export interface MachineStore<Events extends EventMap> {
  perform<Name extends keyof Events & string>(event: Name, data?: Events[Name]): Promise<SendResult>;
  /** Told after each change, whoever made it; returns how to end that. */
  subscribe(listener: () => void): () => void;
  getState(): Promise<{ readonly states: readonly string[]; readonly context: unknown }>;
  close(): Promise<void>;
}

export function openStore<Events extends EventMap>(
  client: Client<Events>,
  { key, definition, group }: { readonly key: string; readonly definition: string; readonly group: string },
): MachineStore<Events> {
  const listeners = new Set<() => void>();
  const ending = new AbortController();
  const told = (async () => {
    for await (const change of client.changes(definition, { group, signal: ending.signal })) {
      if (change.key === key) for (const listener of listeners) listener();
      await change.ack();
    }
  })();
  return {
    perform: (event, data) => client.send(key, event, data),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getState: async () => ({ states: await client.state(key), context: await client.context(key) }),
    close: () => {
      ending.abort();
      return told;
    },
  };
}
