/**
 * Random charts, and random events, times, patches, resets and undos done to them: what SM.UNDO gives back is what SM.INFO
 * showed at that revision, and SM.REPLAY computes what was recorded. UNDO_RUNS for more; fast-check prints the seed and the
 * smallest case that fails.
 */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { configOf, OURS } from "../../engine/support/chart-dialects.ts";
import { chartFrom, EVENTS } from "../../engine/support/random-chart.ts";
import type { TestClient } from "../../support/client.ts";
import { define, fields, rows } from "../../support/machines.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

type Deed =
  | { readonly kind: "send"; readonly event: string; readonly v: number }
  | { readonly kind: "tick"; readonly ms: number }
  | { readonly kind: "patch"; readonly n: number | null }
  | { readonly kind: "undo"; readonly back: number }
  | { readonly kind: "reset" | "suspend" | "resume" };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      event: fc.constantFrom(...EVENTS),
      v: fc.nat(5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("tick" as const), ms: fc.constantFrom(5, 10, 20, 40) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("patch" as const), n: fc.option(fc.nat(3)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undo" as const), back: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("reset" as const, "suspend" as const, "resume" as const) }),
  },
);

async function act(client: TestClient, clock: VirtualClock, key: string, done: Deed): Promise<void> {
  if (done.kind === "send") await client.call("SM.SEND", key, done.event, JSON.stringify({ v: done.v }));
  if (done.kind === "tick") {
    clock.advance(done.ms);
    await client.call("PING");
  }
  if (done.kind === "patch")
    await client.call("SM.PATCH", key, JSON.stringify({ n: done.n ?? 0, more: done.n }));
  if (done.kind === "undo") {
    const rev = Number(fields(await client.call("SM.INFO", key))["rev"]);
    if (rev - done.back > 1) await client.call("SM.UNDO", key, "REV", rev - done.back);
  }
  if (done.kind === "reset") await client.call("SM.RESET", key);
  if (done.kind === "suspend") await client.call("SM.SUSPEND", key, "why");
  if (done.kind === "resume") await client.call("SM.RESUME", key);
}

/** What SM.INFO shows but revision and times, and the due times of timers. */
async function seen(client: TestClient, key: string) {
  const {
    rev,
    updated: _updated,
    context,
    timers: _timers,
    ...rest
  } = fields(await client.call("SM.INFO", key));
  const timers = rows(await client.call("SM.PENDING", key))
    .filter(({ kind }) => kind === "timer")
    .map(({ event, due }) => `${String(event)} ${String(due)}`);
  return { rev: Number(rev), shown: { ...rest, context: JSON.parse(String(context)) as unknown }, timers };
}

test("SM.UNDO restores what SM.INFO showed, and SM.REPLAY computes what was recorded, for random machines", async () => {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(1000), { minLength: 60, maxLength: 400, size: "max" }),
      fc.array(deed, { minLength: 1, maxLength: 14 }),
      fc.nat(),
      async (numbers, deeds, choice) => {
        count += 1;
        const key = `m${count}`;
        await define(client, key, configOf(chartFrom(numbers), OURS));
        await client.call("SM.CREATE", key, key);
        const at = new Map([[1, await seen(client, key)]]);
        for (const done of deeds) {
          await act(client, clock, key, done);
          const now = await seen(client, key);
          at.set(now.rev, now);
        }
        const steps = rows(await client.call("SM.REPLAY", key, "COUNT", 1000));
        expect(steps.filter(({ equal }) => equal !== 1)).toEqual([]);
        const last = await seen(client, key);
        expect(steps.length).toBe(last.rev - 1);
        const before = [...at.values()].filter(({ rev }) => rev < last.rev);
        const goal = before[choice % Math.max(1, before.length)];
        // A timer that was due meanwhile fires as soon as it is armed again.
        const isOver = (timer: string) => Number(timer.split(" ").at(-1)) <= clock.now();
        if (goal === undefined || goal.timers.some(isOver)) return;
        await client.call("SM.UNDO", key, "REV", goal.rev + 1);
        const undone = await seen(client, key);
        expect(undone.shown).toEqual(goal.shown);
        expect(undone.timers.filter((timer) => !goal.timers.includes(timer))).toEqual([]);
        await client.call("SM.UNDO", key);
        const again = await seen(client, key);
        expect(again.shown).toEqual(last.shown);
        expect(await client.call("SM.VERIFY", key)).toEqual([]);
        await client.call("DEL", key);
      },
    ),
    { numRuns: Number(process.env["UNDO_RUNS"] ?? 60), endOnFailure: false },
  );
  expect(await client.call("SM.VERIFY")).toEqual([]);
}, 600_000);
