/** Runs a state machine of Amazon States Language as a definition of Detent, its tasks done by workers of the test. */
import { expect } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { drive } from "../engine/support/driver.ts";

export type Worker = (
  input: Json,
  attempt: number,
) => { readonly output: Json } | { readonly error: string; readonly cause?: string };

export function documentOf(machine: unknown): JsonObject {
  const { document, findings } = translate("ASL", JSON.stringify(machine));
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  if (document === undefined) throw new Error("no document");
  return document;
}

/** Runs a machine to its end, its tasks done by workers by name, time passing where nothing else happens. */
export function runAsl(machine: unknown, input: Json, workers: Readonly<Record<string, Worker>> = {}) {
  const document = documentOf(machine);
  const driver = drive({ ...document, context: { ...(document["context"] as JsonObject), data: input } });
  const attempts = new Map<string, number>();
  const begun = driver.now();
  let done = 0;
  for (let turn = 0; turn < 200 && driver.snapshot.status === "active"; turn += 1) {
    const tasks = driver.effects.filter((effect) => effect.kind === "task").slice(done);
    if (tasks.length === 0) driver.advance(1000);
    for (const { task, input: given, done: doneEvent, failed } of tasks) {
      done += 1;
      const attempt = (attempts.get(task) ?? 0) + 1;
      attempts.set(task, attempt);
      const answer = workers[task]?.(given ?? null, attempt) ?? { error: "NoWorker" };
      driver.send(("output" in answer ? doneEvent : failed) ?? "", answer);
    }
  }
  return {
    status: driver.snapshot.status,
    output: driver.snapshot.output,
    seconds: (driver.now() - begun) / 1000,
  };
}
