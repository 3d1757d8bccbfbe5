/** Definitions that are too large are refused before anything else is done with them. */
import { expect, test } from "vitest";
import { compileDocument } from "../../src/machines/chart-cache.ts";
import { workOf } from "../engine/support/work.ts";

const STATES = 45_000;
const names = Array.from({ length: STATES }, (_, number) => `s${number}`);

function named(value: () => unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, value()]));
}

test.each([
  ["a statechart", "$.states", { initial: "s0", states: named(() => ({ on: { GO: "s1" } })) }],
  ["a map", "$.map", { initial: "s0", map: named(() => ["s1"]) }],
])("compileDocument() refuses %s of 45,000 states without reading all of it", async (_form, path, json) => {
  const document = JSON.stringify(json);
  const reason = "a definition may have 10000 states";
  expect(compileDocument(document)).toMatchObject({ ok: false, path, reason });
  const [work] = await workOf([() => compileDocument(document)]);
  expect(Math.max(0, ...(work ?? new Map()).values())).toBeLessThan(STATES / 2);
});
