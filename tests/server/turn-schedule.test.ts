import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { TurnSchedule } from "../../src/server/turn-schedule.ts";

/** Rounds of the event loop that pass until the turn runs, while each of the first so many accepts a connection. */
async function roundsUntilTurn(accepting: number): Promise<number> {
  let hasRun = false;
  const schedule = new TurnSchedule(() => {
    hasRun = true;
  });
  let rounds = 0;
  if (accepting > 0) schedule.noteAccepted();
  schedule.ask();
  while (!hasRun) {
    await setImmediate();
    rounds += 1;
    if (rounds < accepting) schedule.noteAccepted();
  }
  return rounds;
}

test("ask() has one turn at the end of the round when it is called several times", async () => {
  let turnCount = 0;
  const schedule = new TurnSchedule(() => {
    turnCount += 1;
  });
  schedule.ask();
  schedule.ask();
  expect(turnCount).toBe(0);
  await setImmediate();
  await setImmediate();
  expect(turnCount).toBe(1);
});

test("ask() has a turn within a turn's own call when work is left", async () => {
  let turnCount = 0;
  const schedule = new TurnSchedule(() => {
    turnCount += 1;
    if (turnCount < 3) schedule.ask();
  });
  schedule.ask();
  for (let round = 0; round < 5; round += 1) await setImmediate();
  expect(turnCount).toBe(3);
});

test("noteAccepted() puts the turn off by a round when a connection was accepted in it", async () => {
  const without = await roundsUntilTurn(0);
  expect(await roundsUntilTurn(1)).toBe(without + 1);
  expect(await roundsUntilTurn(5)).toBe(without + 5);
});

test("noteAccepted() puts the turn off by 64 rounds at most when connections keep coming", async () => {
  const without = await roundsUntilTurn(0);
  expect(await roundsUntilTurn(1000)).toBe(without + 64);
});
