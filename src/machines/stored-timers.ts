/**
 * The one thing the store knows of a machine's snapshot: where the engine keeps its timers in it. COPY, MOVE and
 * removal need their due times and nothing else of the engine.
 */
import { isJsonObject, type Json } from "../base/json.ts";

/** A timer as the index of due times knows it. */
export interface StoredTimer {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly deadlineMs: number;
}

/** The timers in the stored form of a snapshot, which engine/snapshot.ts writes; none for a map machine. */
export function storedTimers(json: Json): readonly StoredTimer[] {
  const timers = isJsonObject(json) ? (json["t"] ?? []) : [];
  if (!Array.isArray(timers)) return [];
  return timers.flatMap((timer: Json) => {
    const { seq, deadlineMs } = isJsonObject(timer) ? timer : {};
    return typeof seq === "number" && typeof deadlineMs === "number" ? [{ seq, deadlineMs }] : [];
  });
}
