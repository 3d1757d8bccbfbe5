import { expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { HandTurnedTime, START_MS } from "../support/hand-turned-time.ts";

test("now() returns the time of the wall clock when nobody sets it", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  for (const ms of [0, 0.25, 0.75, 1, 1234.5, 86_400_000]) {
    sources.pass(ms);
    expect(clock.now()).toBe(sources.wallMs());
  }
});

test("now() follows the wall clock at once when it is set ahead", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  sources.setWall(86_400_000);
  expect(clock.now()).toBe(START_MS + 86_400_000);
});

test("now() advances more slowly when the wall clock is set back, until the two meet without a jump", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  sources.pass(1000);
  expect(clock.now()).toBe(START_MS + 1000);
  sources.setWall(-60_000);
  expect(clock.now()).toBe(START_MS + 1000);
  let previous = clock.now();
  let caughtUpAfterMs: number | undefined;
  for (let passedMs = 100; passedMs <= 700_000; passedMs += 100) {
    sources.pass(100);
    const now = clock.now();
    // Never faster than real time, never much slower.
    expect(now - previous).toBeLessThanOrEqual(101);
    expect(now - previous).toBeGreaterThanOrEqual(89);
    if (now === sources.wallMs()) caughtUpAfterMs ??= passedMs;
    previous = now;
  }
  expect(caughtUpAfterMs).toBeGreaterThan(590_000);
  expect(caughtUpAfterMs).toBeLessThan(610_000);
  expect(clock.now()).toBe(sources.wallMs());
});

test("now() follows the wall clock again when it is corrected before the two have met", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  sources.setWall(-60_000);
  sources.pass(500);
  expect(clock.now()).toBe(START_MS + 450);
  sources.setWall(60_000);
  expect(clock.now()).toBe(START_MS + 500);
  sources.pass(500);
  expect(clock.now()).toBe(START_MS + 1000);
});

test("now() neither stands still nor goes back after a glitch of a day", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  sources.setWall(86_400_000);
  sources.pass(600);
  const glitchedMs = clock.now();
  expect(glitchedMs).toBe(START_MS + 86_400_600);
  sources.setWall(-86_400_000);
  sources.pass(1000);
  expect(clock.now()).toBe(glitchedMs + 900);
});

test("now() advances when it is called many times within a millisecond", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  sources.setWall(-60_000);
  for (let at = 0; at < 10_000; at += 1) {
    sources.pass(0.1);
    clock.now();
  }
  expect(clock.now()).toBeGreaterThanOrEqual(START_MS + 899);
});

test("wakeAt() wakes at about the right time when the wall clock is set back meanwhile", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  let wokenAtMs: number | undefined;
  clock.wakeAt(clock.now() + 500, () => {
    wokenAtMs = clock.now();
  });
  sources.pass(100);
  sources.setWall(-60_000);
  sources.pass(399);
  expect(wokenAtMs).toBeUndefined();
  sources.pass(60);
  expect(wokenAtMs).toBeGreaterThanOrEqual(START_MS + 500);
  expect(wokenAtMs).toBeLessThan(START_MS + 503);
});

test("wakeAt() notices within a second that the wall clock was set ahead", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  let isWoken = false;
  clock.wakeAt(clock.now() + 3_600_000, () => {
    isWoken = true;
  });
  sources.setWall(3_600_000);
  sources.pass(1000);
  expect(isWoken).toBe(true);
});

test("wakeAt() sleeps a second at a time, and stops when it is cancelled", () => {
  const sources = new HandTurnedTime();
  const clock = systemClock({ sources });
  const cancel = clock.wakeAt(clock.now() + 3_600_000, () => expect.fail("it was taken back"));
  sources.pass(10_500);
  expect(sources.sleepCount).toBe(11);
  cancel();
  sources.pass(7_200_000);
  expect(sources.sleepCount).toBe(11);
});

test("onSetBack is called once for each time the wall clock is set back", () => {
  const sources = new HandTurnedTime();
  const told: number[] = [];
  const clock = systemClock({ sources, onSetBack: (byMs) => told.push(byMs) });
  sources.setWall(-60_000);
  for (let at = 0; at < 100; at += 1) {
    sources.pass(10);
    clock.now();
  }
  expect(told).toEqual([60_000 - 1]);
  sources.setWall(-30_000);
  clock.now();
  clock.now();
  expect(told).toHaveLength(2);
  // What keeps the time right by small steps is nobody's concern.
  sources.setWall(200_000);
  clock.now();
  sources.setWall(-20);
  clock.now();
  expect(told).toHaveLength(2);
});
