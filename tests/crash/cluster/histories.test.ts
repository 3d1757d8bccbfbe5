import fc from "fast-check";
import { expect, test } from "vitest";
import { SEED } from "../../support/seed.ts";
import { anomalyIn, type Operation } from "./histories.ts";

/** "w1 0-3": a write that was sent at 0 and answered with 1 at 3; "r1 4-5": a read; "w? 2": a write without an answer. */
function history(text: string): Operation[] {
  return text.split(", ").map((one) => {
    const [, kind, version, sent, answered] = /^([wr])(\d+|\?) (\d+)(?:-(\d+))?$/.exec(one) ?? [];
    return {
      kind: kind === "w" ? "write" : "read",
      sentMs: Number(sent),
      answeredMs: answered === undefined ? Number.POSITIVE_INFINITY : Number(answered),
      version: version === "?" ? undefined : Number(version),
    };
  });
}

test.each([
  ["writes one after the other", "w1 0-1, w2 2-3, r2 4-5"],
  ["a read beside a write finds it", "w1 0-5, r1 1-2"],
  ["a read beside a write does not find it", "w1 0-5, r0 1-2"],
  ["reads beside a write find it from one moment on", "w1 0-9, r0 1-2, r1 3-4, r1 5-6"],
  ["writes at the same time in either order", "w2 0-5, w1 1-4"],
  ["a write without an answer has never happened", "w? 0, w1 1-2, r1 3-4"],
  ["a write without an answer has happened", "w? 0, w2 1-2, r2 3-4"],
  ["a write without an answer happens late", "w? 0, w1 1-2, r1 3-4, r2 5-6"],
  ["two writes without an answer, the second of which has happened", "w? 0, w? 1, w2 2-3"],
])("anomalyIn() finds nothing when there is %s", (_name, text) => {
  expect(anomalyIn(history(text))).toBeUndefined();
});

test.each([
  [
    "a stale read",
    "w1 0-1, w2 2-3, r1 4-5",
    "a read is answered with 1, sent 1.0 ms after a write was answered with 2",
  ],
  [
    "a lost write",
    "w1 0-1, r0 2-3",
    "a read is answered with 0, sent 1.0 ms after a write was answered with 1",
  ],
  ["a lost write whose version is given again", "w1 0-1, w1 2-3", "two writes were answered with 1"],
  ["a write that was applied twice", "w1 0-1, r2 2-3", "no write can have made 2"],
  ["a gap", "w1 0-1, w3 2-3", "no write can have made 2"],
  ["a write in doubt that was applied twice", "w? 0, w1 1-2, r3 3-4", "no write can have made 3"],
  ["a write in doubt that was seen before it was sent", "r1 0-1, w? 2", "no write can have made 1"],
  [
    "reads that go back beside one write",
    "w1 0-9, r1 1-2, r0 3-4",
    "a read is answered with 0, sent 1.0 ms after a read was answered with 1",
  ],
  [
    "a write that comes before one which ended before it",
    "w2 0-1, w1 2-3, w? 0",
    "a write is answered with 1, sent 1.0 ms after a write was answered with 2",
  ],
  [
    "a read of what was written later",
    "r1 0-1, w1 2-3",
    "a write is answered with 1, sent 1.0 ms after a read was answered with 1",
  ],
])("anomalyIn() finds %s", (_name, text, expected) => {
  expect(anomalyIn(history(text))).toBe(expected);
});

test("anomalyIn() comes to the same as trying all orders", () => {
  const operation = fc
    .record({
      kind: fc.constantFrom("write" as const, "read" as const),
      sentMs: fc.integer({ min: 0, max: 8 }),
      tookMs: fc.integer({ min: 1, max: 4 }),
      version: fc.integer({ min: 0, max: 4 }),
      isAnswered: fc.boolean(),
    })
    // No two things happen at the same moment: what is sent is so at even times, what is answered at odd ones.
    .map(
      ({ kind, sentMs, tookMs, version, isAnswered }): Operation => ({
        kind,
        sentMs: sentMs * 2,
        answeredMs: isAnswered || kind === "read" ? (sentMs + tookMs) * 2 + 1 : Number.POSITIVE_INFINITY,
        version: isAnswered || kind === "read" ? (kind === "write" ? version + 1 : version) : undefined,
      }),
    );
  let sound = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
      const isSound = hasOrder(operations, 0);
      if (isSound) sound += 1;
      expect(anomalyIn(operations) === undefined).toBe(isSound);
    }),
    { seed: SEED, numRuns: 5000 },
  );
  expect(sound).toBeGreaterThan(100);
});

/** Whether the operations can happen in some order, the counter being at a version: each in turn is tried as the next one. */
function hasOrder(left: readonly Operation[], version: number): boolean {
  if (left.every(({ answeredMs }) => answeredMs === Number.POSITIVE_INFINITY)) return true;
  const earliestMs = Math.min(...left.map(({ answeredMs }) => answeredMs));
  return left.some((one, at) => {
    // Something else has been answered before this one was sent.
    if (one.sentMs > earliestMs) return false;
    const next = one.kind === "write" ? version + 1 : version;
    if (one.version !== undefined && one.version !== next) return false;
    return hasOrder(left.toSpliced(at, 1), next);
  });
}
