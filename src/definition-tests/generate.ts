/** Tests that take every transition, and meet every guard open and closed, as far as an exploration has. */
import type { JsonObject } from "../base/json.ts";
import type { Machine } from "../engine/machine.ts";
import { activeStates } from "../engine/step.ts";
import { type Exploration, type Move, wayTo } from "./explore.ts";
import { recordedTest } from "./recorded.ts";

/** Few and long rather than many and short: what a longer way covers needs no test of its own. */
export function generatedTests(
  machine: Machine,
  exploration: Exploration,
  nowMs: number,
): readonly JsonObject[] {
  const { moves, rehearsed } = exploration;
  const covered = new Set<string>();
  const first = new Map<string, Move>();
  for (const move of moves) for (const key of keysOf(move)) if (!first.has(key)) first.set(key, move);
  const targets = [...new Set(first.values())];
  const ways = targets.map((move) => [...wayTo(move.from), move]).sort((a, b) => b.length - a.length);
  const quiet = { ...rehearsed, observer: undefined };
  const tests: JsonObject[] = [];
  for (const way of ways) {
    const keys = way.flatMap(keysOf);
    if (keys.every((key) => covered.has(key))) continue;
    for (const key of keys) covered.add(key);
    const actions = way.map(({ action }) => action);
    tests.push(recordedTest(quiet, nameOf(machine, way, tests.length + 1), actions, { nowMs }));
  }
  return tests;
}

function keysOf({ taken, guards }: Move): readonly string[] {
  return [...taken, ...guards];
}

function nameOf(machine: Machine, way: readonly Move[], number: number): string {
  const places = [way[0]?.from.situation, ...way.map(({ outcome }) => outcome.situation)];
  const names = places.map((situation) =>
    situation === undefined ? "" : activeStates(machine, situation.snapshot).join("+"),
  );
  const moved = names.filter((name, index) => name !== names[index - 1]);
  return `way ${number}: ${moved.join(" > ")}`;
}
