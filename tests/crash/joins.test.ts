/**
 * Clients that fill the places of joins on a server that is killed again and again meanwhile: each event is in one
 * place, each round is complete once, and what was answered before a kill is answered after it. CRASH_ROUNDS for longer runs.
 */
import { expect, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { define, fields, rows } from "../support/machines.ts";
import { SEED } from "../support/seed.ts";
import { seeded } from "../support/seeded.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { type KeptServer, keepServer } from "./kept-server.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 5);
const PLACES = 16;
const MACHINES = 2;

/** Each round wants one event of each client; it is left for a while where the last one is odd, with what it has kept. */
const JOIN = {
  initial: "open",
  context: { rounds: 0, by: [], late: [] },
  states: {
    open: {
      join: [
        {
          all: Object.fromEntries(Array.from({ length: PLACES }, (_, i) => [`p${i}`, "GO"])),
          actions: [
            {
              assign: {
                rounds: "context.rounds + 1",
                by: "context.by + [events.transformList(name, event, event.by).sort()]",
              },
            },
          ],
        },
      ],
      on: { PAUSE: "paused" },
    },
    // What was kept is handed on when the state is left, and waits here.
    paused: { defer: ["GO"], on: { PLAY: "open" } },
  },
};

/** The codes with which the server has taken an event, whatever became of connections. */
async function sendUntilTold(server: KeptServer, args: readonly string[]): Promise<string> {
  let client: TestClient | undefined;
  for (;;) {
    if (client === undefined || client.isClosed) client = await server.connect();
    try {
      const reply = await client.call(...args, "FULL");
      await client.close();
      return String(fields(reply)["code"]);
    } catch (error) {
      if (!client.isClosed) throw error;
    }
  }
}

test(`joins of ${PLACES} events are complete once a round, whenever the server is killed`, async () => {
  console.info(`SEED=${SEED}`);
  const random = seeded(SEED);
  const server = await keepServer({ directory: temporaryDirectory() }, random);
  const first = await server.connect();
  await define(first, "join", JOIN);
  const keys = Array.from({ length: MACHINES }, (_, i) => `j${i}`);
  for (const key of keys) await first.call("SM.CREATE", key, "join");
  await first.close();
  const clients = Array.from({ length: PLACES }, (_, i) => `c${String(i).padStart(2, "0")}`);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const codes = await Promise.all(
      keys.flatMap((key) => {
        const events = clients.map((by) => ["SM.SEND", key, "GO", "{}", "BY", by, "ID", `${round}-${by}`]);
        // Some of them come while the machine is elsewhere: they wait, as does what was kept when it went.
        const pause = [
          ["SM.SEND", key, "PAUSE", "ID", `pause-${round}`],
          ["SM.SEND", key, "PLAY", "ID", `play-${round}`],
        ];
        const inOrder = async (requests: readonly (readonly string[])[]): Promise<string[]> => {
          const told: string[] = [];
          for (const request of requests) told.push(await sendUntilTold(server, request));
          return told;
        };
        if (random() < 0.6) server.kill();
        return [...events.map((event) => inOrder([event])), ...(round % 2 === 0 ? [inOrder(pause)] : [])];
      }),
    );
    expect(new Set(codes.flat())).not.toContain("ILLEGAL");
    for (const key of keys) {
      const context = JSON.parse(String(await server.ask("SM.CONTEXT", key))) as {
        readonly rounds: number;
        readonly by: readonly (readonly string[])[];
      };
      expect(context.rounds, `${key} in round ${round}`).toBe(round);
      expect(context.by.at(-1)).toEqual(clients);
      expect(await server.ask("SM.PENDING", key)).toEqual([]);
      const ids = clients.map((by) => `${round}-${by}`);
      const outcomes = rows(await server.ask("SM.OUTCOME", key, ...ids));
      expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(["OK"]));
    }
  }
  console.info(`${server.killCount} kills`);
  for (const key of keys) {
    const revs = rows(await server.ask("SM.HISTORY", key, "-", "+")).map(({ rev }) => rev);
    expect(revs).toEqual(revs.map((_, at) => at + 1));
  }
  expect(await server.ask("SM.VERIFY")).toEqual([]);
  expect(await server.stop()).toBe(0);
}, 300_000);
