/** The snapshot of a machine, without its context, as a redo record has it (change-record.ts). */
import { assert } from "../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";

/** All of a stored snapshot but its context, as JSON. Nearly always a state and a number: a copy costs a microsecond. */
export function snapshotText(snapshot: JsonObject): string {
  let others = 0;
  for (const name in snapshot) if (name !== "x") others += 1;
  const { c: leaves, s: next } = snapshot;
  const isPlain = others === 2 && typeof next === "number" && Array.isArray(leaves) && leaves.length === 1;
  const leaf = isPlain ? leaves[0] : undefined;
  return typeof leaf === "number"
    ? `{"c":[${leaf}],"s":${next}}`
    : JSON.stringify({ ...snapshot, x: undefined });
}

/** As snapshotText writes it. */
export function snapshotOf(text: string): JsonObject {
  const [, leaf, next] = PLAIN_SNAPSHOT.exec(text) ?? [];
  if (leaf !== undefined && next !== undefined) return { c: [Number(leaf)], s: Number(next) };
  return objectOfText(text);
}

const PLAIN_SNAPSHOT = /^\{"c":\[(\d{1,9})\],"s":(\d{1,9})\}$/;

/** @throws Error when it is no object: data is never guessed at */
export function objectOfText(text: string): JsonObject {
  const value = JSON.parse(text) as Json;
  assert(isJsonObject(value), "an object of a change of a machine");
  return value;
}
