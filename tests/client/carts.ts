/** A server with the definition of a cart, and clients of it. */
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { type Client, createClient } from "../../src/client/client.ts";
import type { Connection } from "../../src/client/connection.ts";
import { startTestServer, type TestServerOptions } from "../support/server.ts";

export type Events = {
  readonly ADD: { readonly by: number };
  readonly PAY: undefined;
  readonly PAID: { readonly ok: boolean };
  /** To be paid in three attempts. */
  readonly TRY: undefined;
  /** From then on PAID fails. */
  readonly BREAK: undefined;
};

const CART = {
  initial: "open",
  context: { total: 0 },
  states: {
    open: {
      on: {
        ADD: { guard: "event.by > 0", actions: [{ assign: { total: "context.total + event.by" } }] },
        PAY: {
          target: "paying",
          actions: [{ task: "charge", input: { total: "context.total" }, done: "PAID" }],
        },
        TRY: {
          target: "trying",
          actions: [{ task: "charge", done: "PAID", failed: "UNPAID", attempts: 3 }],
        },
      },
    },
    trying: { on: { PAID: "paid", UNPAID: "given" } },
    given: {},
    paying: { on: { PAID: "paid", BREAK: "broken" } },
    broken: { on: { PAID: { actions: [{ assign: { total: "context.missing + 1" } }] } } },
    paid: { type: "final" },
  },
};

export interface Carts {
  readonly connection: Connection;
  readonly client: Client<Events>;
  /** A client whose connections are led another way: one that loses replies, say. */
  through(way: (connection: Connection) => Connection): Client<Events>;
}

export async function carts(options: TestServerOptions = {}): Promise<Carts> {
  const server = await startTestServer(options);
  const connection = new Redis(server.port, "127.0.0.1");
  onTestFinished(async () => {
    connection.disconnect();
    await server.close();
  });
  const client = createClient<Events>(connection);
  await client.define("cart", CART);
  return { connection, client, through: (way) => createClient<Events>(way(connection)) };
}
