/**
 * Outcomes: what became of each event that came with an id, kept so that the same event gets the same reply again.
 * A machine keeps a bounded number of them, the latest.
 */
import { assert } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import { outcomeKey, outcomeOrderKey, sequenceOfOutcomeOrderKey } from "./layouts.ts";
import type { OrderedReader } from "./ordered-store.ts";
import type { Transaction } from "./transaction.ts";

export interface Outcome {
  readonly id: string;
  readonly event: string;
  readonly data?: Json | undefined;
  readonly by?: string | undefined;
  /** When it was decided and when the event came in, milliseconds since the epoch. */
  readonly atMs: number;
  readonly receivedMs: number;
  /** OK, DEFERRED, SCHEDULED, IGNORED, EXPIRED, or the code of the refusal. */
  readonly code: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly rev: number;
  /** The text of a refusal. */
  readonly details?: string | undefined;
  /** The first reply, as reply-json writes it. */
  readonly reply: Json;
}

export interface OutcomeLimits {
  /** How many a machine keeps. */
  readonly countMax: number;
  /** How long one is kept, milliseconds; 0: without limit. */
  readonly ttlMs: number;
}

export function findOutcome(reader: OrderedReader, id: number, eventId: string): Outcome | undefined {
  const value = reader.get(outcomeKey(id, eventId));
  return value === undefined ? undefined : decode(value);
}

/** Drops an outcome that is past its time, so that its id is free again. O(number of outcomes kept). */
export function forgetOutcome(transaction: Transaction, id: number, eventId: string): void {
  transaction.remove(outcomeKey(id, eventId));
  for (const [key, value] of transaction.range(outcomeOrderKey(id, 0), outcomeOrderKey(id + 1, 0))) {
    if (value.toString("utf8") !== eventId) continue;
    transaction.remove(key);
    return;
  }
}

/** Writes an outcome anew: what became of an event that had waited. */
export function replaceOutcome(transaction: Transaction, id: number, outcome: Outcome): void {
  transaction.put(outcomeKey(id, outcome.id), Buffer.from(JSON.stringify(outcome), "utf8"));
}

/** Adds the outcome number `sequence` of a machine and drops those beyond the limits. */
export function addOutcome(
  transaction: Transaction,
  place: { readonly id: number; readonly sequence: number },
  outcome: Outcome,
  limits: OutcomeLimits,
): void {
  const { id, sequence } = place;
  replaceOutcome(transaction, id, outcome);
  transaction.put(outcomeOrderKey(id, sequence), Buffer.from(outcome.id, "utf8"));
  const oldestMs = limits.ttlMs === 0 ? 0 : outcome.atMs - limits.ttlMs;
  const dropped: Array<readonly [number, string]> = [];
  // One comes in at a time, so only a lowered limit lets more than a few go at once; the rest goes with the next.
  for (const [key, value] of transaction.range(outcomeOrderKey(id, 0), outcomeOrderKey(id, sequence))) {
    const number = sequenceOfOutcomeOrderKey(key);
    const eventId = value.toString("utf8");
    const isBeyond = sequence - number >= limits.countMax;
    if (!isBeyond && (oldestMs === 0 || (findOutcome(transaction, id, eventId)?.atMs ?? 0) >= oldestMs))
      break;
    dropped.push([number, eventId]);
    if (dropped.length === DROPPED_AT_ONCE_MAX) break;
  }
  for (const [number, eventId] of dropped) {
    transaction.remove(outcomeOrderKey(id, number));
    transaction.remove(outcomeKey(id, eventId));
  }
}

const DROPPED_AT_ONCE_MAX = 16;

function decode(value: Buffer): Outcome {
  const outcome: unknown = JSON.parse(value.toString("utf8"));
  assert(typeof outcome === "object" && outcome !== null && "reply" in outcome, "an outcome's record");
  // Written by replaceOutcome.
  return outcome as Outcome;
}
