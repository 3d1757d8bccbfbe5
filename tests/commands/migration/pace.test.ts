/** How much of a migration one turn has that serves clients too: counted in machines and turns, on a clock that each look moves on. */
import { expect, onTestFinished, test } from "vitest";
import { define, fields } from "../../support/machines.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

/** Of each look at the monotonic clock: a part of 1 ms ends after 20. */
const LOOK_MS = 0.05;
const MACHINES = 300;

class TickingClock extends VirtualClock {
  #looks = 0;
  override monotonicMs(): number {
    this.#looks += 1;
    return super.monotonicMs() + this.#looks * LOOK_MS;
  }
}

async function served() {
  const clock = new TickingClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  const state = (on: object) => ({ initial: "a", states: { a: { on }, b: {} } });
  await define(client, "d:v1", state({ GO: "b" }));
  await define(client, "d:v2", state({ GO: "b", STOP: "b" }));
  for (let n = 0; n < MACHINES; n += 1) await client.call("SM.CREATE", `m${n}`, "d:v1");
  return { clock, server, client };
}

test("SM.MIGRATION START moves few machines a turn while clients are served, and none in the next turn", async () => {
  const { clock, client } = await served();
  await client.call("SM.MIGRATION", "START", "d:v1", "d:v2", "HOLD");
  const moved = [0];
  while (moved.at(-1) !== MACHINES && moved.length < 1000) {
    clock.advance(1);
    moved.push(Number(fields(await client.call("SM.MIGRATION", "STATUS", "1"))["moved"]));
  }
  const perTurn = moved.slice(1).map((count, turn) => count - (moved[turn] ?? 0));
  expect(moved.at(-1)).toBe(MACHINES);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(20);
  // Parts join turns that serve clients: they do not wait for the 20 ms after which one has a turn of its own.
  const withPart = perTurn.flatMap((count, turn) => (count > 0 ? [turn] : []));
  const gaps = withPart.slice(1).map((turn, index) => turn - (withPart[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...gaps)).toBeLessThan(10);
});

test("SM.MIGRATION START moves machines in turns of its own when no client asks any more", async () => {
  const { clock, client } = await served();
  await client.call("SM.MIGRATION", "START", "d:v1", "d:v2", "HOLD");
  for (let ms = 0; ms < 1000; ms += 1) {
    clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(fields(await client.call("SM.MIGRATION", "STATUS", "1"))).toMatchObject({
    status: "DONE",
    moved: MACHINES,
  });
});

test("SM.MIGRATION PLAN looks at machines in many turns, and others are served in between", async () => {
  const { clock, server, client } = await served();
  const other = await server.client();
  const plan = client.call("SM.MIGRATION", "PLAN", "d:v1", "d:v2");
  let turns = 0;
  do {
    clock.advance(1);
    await other.call("PING");
    turns += 1;
  } while (server.context.waiters.size > 0 && turns < 1000);
  expect(fields(await plan)).toMatchObject({ machines: MACHINES });
  // At most 20 machines in one turn, and none in the next.
  expect(turns).toBeGreaterThanOrEqual((MACHINES / 20) * 2);
});
