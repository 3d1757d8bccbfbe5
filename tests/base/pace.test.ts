import { expect, test } from "vitest";
import { Pace } from "../../src/base/pace.ts";

function paced() {
  let nowMs = 1000;
  const pace = new Pace(() => nowMs);
  return {
    pace,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("Pace lets pieces follow each other closely while no client is served", () => {
  const { pace } = paced();
  expect([pace.isBusy, pace.pieceMsMax]).toEqual([false, 2]);
  expect(pace.restFor(2)).toEqual({ ms: 4, msMax: 4 });
});

test("Pace makes pieces short while clients are served, with a rest that is longer than the turn and the piece", () => {
  const { pace } = paced();
  for (let turn = 0; turn < 100; turn += 1) pace.served(3);
  expect([pace.isBusy, pace.pieceMsMax]).toEqual([true, 1]);
  expect(pace.restFor(1)).toEqual({ ms: 9, msMax: 20 });
});

test("Pace forgets clients that were served 20 ms ago", () => {
  const { pace, pass } = paced();
  pace.served(3);
  pass(19.9);
  expect(pace.isBusy).toBe(true);
  pass(0.1);
  expect(pace.isBusy).toBe(false);
});

test("Pace asks for no rest after a piece that took no time", () => {
  const { pace } = paced();
  expect(pace.restFor(0)).toBe(undefined);
});
