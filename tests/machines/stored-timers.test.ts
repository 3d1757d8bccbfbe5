import { expect, test } from "vitest";
import { compile } from "../../src/engine/compile.ts";
import { snapshotToJson } from "../../src/engine/snapshot.ts";
import { start } from "../../src/engine/step.ts";
import { storedTimers } from "../../src/machines/stored-timers.ts";

test("storedTimers() finds the timers that the engine has stored", () => {
  const compiled = compile({
    initial: "a",
    states: { a: { after: { "5s": "b", "1m": "b" } }, b: {} },
  });
  if (!compiled.ok) throw new Error(compiled.reason);
  const started = start(compiled.machine, { now: 1000, key: "k" });
  if (started.kind !== "moved") throw new Error("it starts");
  const timers = storedTimers(snapshotToJson(compiled.machine, started.snapshot));
  expect(timers).toEqual(started.snapshot.timers.map(({ seq, deadlineMs }) => ({ seq, deadlineMs })));
  expect(timers.map(({ deadlineMs }) => deadlineMs)).toEqual([6000, 61_000]);
});
