/** Clients that race one event on one machine: one wins each round. ROUNDS=10000 (`make race`) for the long run. */
import { expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";

const CLIENTS = 64;
const ROUNDS = Number(process.env["ROUNDS"] ?? 200);

/** A machine that is claimed once: SHUT counts the rounds and brings it back. */
const CLAIM = {
  initial: "free",
  context: { rounds: 0 },
  states: {
    free: { on: { CLAIM: "taken" } },
    taken: { on: { RELEASE: { target: "free", actions: [{ assign: { rounds: "context.rounds + 1" } }] } } },
  },
};

test(
  `of ${CLIENTS} clients that send the same event one wins, in each of ${ROUNDS} rounds`,
  async () => {
    const server = await startTestServer();
    const clients: TestClient[] = [];
    for (let i = 0; i < CLIENTS; i += 1) clients.push(await server.client());
    const [first] = clients;
    if (first === undefined) throw new Error("no client");
    await define(first, "claim", CLAIM);
    await first.call("SM.CREATE", "m", "claim");
    const refusal = new ReplyFailure("ILLEGAL event 'CLAIM' is not accepted in 'taken'; accepted: RELEASE");
    for (let round = 0; round < ROUNDS; round += 1) {
      // An id of its own in every other round, so that outcomes are written too.
      const id = (i: number) => (round % 2 === 0 ? ["BY", `c${i}`] : ["BY", `c${i}`, "ID", `${round}-${i}`]);
      const replies = await Promise.all(
        clients.map((client, i) => client.call("SM.SEND", "m", "CLAIM", ...id(i))),
      );
      const won = replies.filter((reply) => Array.isArray(reply));
      expect(won).toEqual([["taken"]]);
      expect(replies.filter((reply) => reply instanceof ReplyFailure)).toEqual(
        Array.from({ length: CLIENTS - 1 }, () => refusal),
      );
      expect(await first.call("SM.SEND", "m", "RELEASE")).toEqual(["free"]);
    }
    expect(await first.call("SM.CONTEXT", "m", "rounds")).toEqual([String(ROUNDS)]);
    expect(await first.call("SM.VERIFY")).toEqual([]);
    await server.close();
  },
  20_000 + ROUNDS * 200,
);
