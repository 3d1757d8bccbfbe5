/**
 * What the store knows of a machine's snapshot: where the engine keeps its timers and slas in it. COPY, MOVE and
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

/** An sla as the indexes know it. */
export interface StoredSla {
  /** The number of its state. */
  readonly state: number;
  readonly deadlineMs: number;
  /** Whether it stands among those that are overdue, and no longer among what falls due. */
  readonly isOver: boolean;
}

/** The slas in the stored form of a snapshot; none for a map machine. */
export function storedSlas(json: Json): readonly StoredSla[] {
  const slas = isJsonObject(json) ? (json["l"] ?? []) : [];
  if (!Array.isArray(slas)) return [];
  return slas.flatMap((sla: Json) => {
    const [state, , deadlineMs, over] = Array.isArray(sla) ? sla : [];
    if (typeof state !== "number" || typeof deadlineMs !== "number") return [];
    return [{ state, deadlineMs, isOver: over === 1 }];
  });
}
