/**
 * Thousands of conversations, each a machine. The reducers are the transitions of the definition: the server runs
 * them, one at a time for each conversation. The listeners are consumer groups of the change stream: each is told of
 * every change, once it is stored, and goes on where it stopped.
 */
import { type Client, createClient, type Definition, type MachineChange } from "detent/client";
import type { Redis } from "ioredis";

export type Events = { INQUIRY: { name: string }; REPLY: { text: string } };
export type Context = { name: string; replies: number };

const reducers: Definition = {
  context: { name: "", replies: 0 },
  states: {
    new: { on: { INQUIRY: { target: "inquired", actions: [{ assign: { name: "event.name" } }] } } },
    inquired: {
      on: {
        REPLY: {
          reenter: true,
          target: "inquired",
          actions: [{ assign: { replies: "context.replies + 1" } }],
        },
      },
      after: { "10m": "silent" },
    },
    silent: { on: { REPLY: "inquired" } },
  },
};

export type Listener = (change: MachineChange, client: Client<Events, Context>) => Promise<void>;

export async function openConversations(redis: Redis, listeners: Readonly<Record<string, Listener>>) {
  const client = createClient<Events, Context>(redis);
  await client.define("conversation", reducers);
  const ending = new AbortController();
  const listening = Object.entries(listeners).map(async ([group, listener]) => {
    for await (const change of client.changes("conversation", { group, signal: ending.signal })) {
      await listener(change, client);
      await change.ack();
    }
  });
  return {
    send: <Name extends keyof Events>(id: string, event: Name, data: Events[Name]) =>
      client.send(`conversation:${id}`, event, data, { definition: "conversation" }),
    close: async () => {
      ending.abort();
      await Promise.all(listening);
    },
  };
}
