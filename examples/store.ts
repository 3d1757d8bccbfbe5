/**
 * A store in the manner of Redux, whose state is a durable machine: `perform` sends an event, `getState` is what is
 * known without asking, `subscribe` tells of every change, whoever made it.
 */
import { createClient, type Machine, type SendArguments } from "detent/client";
import type { Redis } from "ioredis";

export async function openStore<Events extends object, Context>(redis: Redis, key: string) {
  const client = createClient<Events, Context>(redis);
  const listeners = new Set<(state: Machine<Context> | null) => void>();
  let state: Machine<Context> | null = null;
  const refresh = async () => {
    const read = await client.get(key);
    if (read?.rev === state?.rev) return;
    state = read;
    for (const listener of listeners) listener(state);
  };
  const watcher = redis.duplicate();
  // What fails here is read again with the next message, or when the connection is there again.
  for (const event of ["message", "ready"]) watcher.on(event, () => refresh().catch(() => undefined));
  await watcher.subscribe(`sm:${key}`);
  await refresh();
  return {
    perform: async <Name extends keyof Events & string>(
      event: Name,
      ...data: SendArguments<Events[Name]>
    ) => {
      await client.send(key, event, ...data);
      await refresh();
    },
    getState: () => state,
    subscribe: (listener: (state: Machine<Context> | null) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => watcher.disconnect(),
  };
}
