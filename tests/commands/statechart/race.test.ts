/** Clients that race one event on one machine: one wins each round. ROUNDS=10000 (`make race`) for the long run. */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";

const CLIENTS = 64;
const ROUNDS = Number(process.env["ROUNDS"] ?? 200);

/** Runs a test with clients of a server, of which the first sets up and looks on; in the end all must be in order. */
async function race(
  run: (clients: readonly TestClient[], first: TestClient) => Promise<void>,
): Promise<void> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const clients: TestClient[] = [];
  for (let i = 0; i < CLIENTS; i += 1) clients.push(await server.client());
  const [first] = clients;
  if (first === undefined) throw new Error("no client");
  await run(clients, first);
  expect(await first.call("SM.VERIFY")).toEqual([]);
}

/** A machine that is claimed once: RELEASE counts the rounds and brings it back. */
const CLAIM = {
  initial: "free",
  context: { rounds: 0 },
  states: {
    free: { on: { CLAIM: "taken" } },
    taken: { on: { RELEASE: { target: "free", actions: [{ assign: { rounds: "context.rounds + 1" } }] } } },
  },
};

test(
  `SM.SEND lets one of ${CLIENTS} clients win that send the same event, in each of ${ROUNDS} rounds`,
  () =>
    race(async (clients, first) => {
      await define(first, "claim", CLAIM);
      await first.call("SM.CREATE", "m", "claim");
      const refusal = new ReplyFailure("ILLEGAL event 'CLAIM' is not accepted in 'taken'; accepted: RELEASE");
      for (let round = 0; round < ROUNDS; round += 1) {
        // An id of its own in every other round, so that outcomes are written too.
        const id = (i: number) =>
          round % 2 === 0 ? ["BY", `c${i}`] : ["BY", `c${i}`, "ID", `${round}-${i}`];
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
    }),
  20_000 + ROUNDS * 200,
);

/** Each round wants one event of each client, and then says which came. */
const JOIN = {
  initial: "open",
  context: { rounds: 0, by: [] },
  states: {
    open: {
      join: [
        {
          all: Object.fromEntries(
            Array.from({ length: CLIENTS }, (_, i) => [
              `p${i}`,
              i % 2 === 0 ? "GO" : { event: "GO", guard: "event.n >= 0" },
            ]),
          ),
          actions: [
            {
              assign: {
                rounds: "context.rounds + 1",
                by: "events.transformList(name, event, event.by)",
              },
            },
          ],
        },
      ],
    },
  },
};

test(
  `events of ${CLIENTS} clients fill one place each of a join, which is complete once, in each of ${ROUNDS / 5} rounds`,
  () =>
    race(async (clients, first) => {
      await define(first, "join", JOIN);
      await first.call("SM.CREATE", "m", "join");
      const all = clients.map((_, i) => `c${i}`).sort();
      for (let round = 1; round <= ROUNDS / 5; round += 1) {
        const replies = await Promise.all(
          clients.map((client, i) =>
            client.call(
              "SM.SEND",
              "m",
              "GO",
              JSON.stringify({ n: i }),
              "BY",
              `c${i}`,
              "ID",
              `${round}-${i}`,
              "FULL",
            ),
          ),
        );
        const codes = replies.map((reply) => String(fields(reply)["code"]));
        expect(codes.filter((code) => code === "OK")).toHaveLength(1);
        expect(codes.filter((code) => code === "KEPT")).toHaveLength(CLIENTS - 1);
        const [rounds, by] = (await first.call("SM.CONTEXT", "m", "rounds", "by")) as readonly string[];
        expect(rounds).toBe(String(round));
        expect((JSON.parse(by ?? "[]") as string[]).sort()).toEqual(all);
        expect(await first.call("SM.PENDING", "m")).toEqual([]);
        const outcomes = rows(await first.call("SM.OUTCOME", "m", ...clients.map((_, i) => `${round}-${i}`)));
        expect(new Set(outcomes.map(({ code, rev }) => `${String(code)} ${String(rev)}`))).toEqual(
          new Set([`OK ${1 + round * CLIENTS}`]),
        );
      }
    }),
  20_000 + ROUNDS * 200,
);

const VOTE = {
  initial: "open",
  context: { who: 0 },
  states: {
    open: { on: { CAST: "cast" } },
    cast: { type: "final", output: "context.who" },
  },
};

const POLL = {
  initial: "idle",
  context: { polls: 0, votes: [] },
  states: {
    idle: { on: { OPEN: "open" } },
    open: {
      invoke: {
        src: "vote",
        id: "votes",
        each: "range(100)",
        input: { who: "item" },
        onDone: {
          target: "idle",
          actions: { assign: { polls: "context.polls + 1", votes: "event.output" } },
        },
      },
    },
  },
};

test(
  `${CLIENTS} clients race the ends of 100 children, which complete once, in each of ${ROUNDS / 50} rounds`,
  () =>
    race(async (clients, first) => {
      await define(first, "vote", VOTE);
      await define(first, "poll", POLL);
      await first.call("SM.CREATE", "p", "poll");
      const all = Array.from({ length: 100 }, (_, n) => n);
      for (let round = 1; round <= ROUNDS / 50; round += 1) {
        expect(await first.call("SM.SEND", "p", "OPEN")).toEqual(["open"]);
        // Each client ends some that others end too, beginning somewhere else.
        const replies = await Promise.all(
          clients.map((client, i) =>
            Promise.all(
              all
                .filter((n) => (n + i) % 4 !== 0)
                .map((_, at, mine) => mine[(at + i) % mine.length])
                .map((n) => client.call("SM.SEND", `{p}.votes[${n}]`, "CAST", "BY", `c${i}`)),
            ),
          ),
        );
        expect(replies.flat().filter((reply) => Array.isArray(reply))).toHaveLength(100);
        const [polls, votes] = (await first.call("SM.CONTEXT", "p", "polls", "votes")) as readonly string[];
        expect(polls).toBe(String(round));
        expect(JSON.parse(votes ?? "[]")).toEqual(all);
        expect(fields(await first.call("SM.INFO", "p"))).toMatchObject({ rev: 1 + 2 * round });
      }
    }),
  20_000 + ROUNDS * 200,
);
