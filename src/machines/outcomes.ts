/**
 * Outcomes: what became of each event that came with an id, kept so that the same event gets the same reply again.
 * A machine keeps a bounded number of them, the latest.
 */

import type { EventData } from "../base/event-data.ts";
import { sameData } from "../base/exact-json.ts";
import type { Json } from "../base/json.ts";
import { outcomeKey, outcomeOrderKey } from "../keyspace/layouts.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { type DroppedOutcome, decodeOutcome, encodeOutcome, type OutcomeChange } from "./outcome-codec.ts";

export interface Outcome {
  readonly id: string;
  /** Its number among the outcomes of the machine. */
  readonly sequence: number;
  readonly event: string;
  readonly data?: EventData | undefined;
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
  /** What the machine has come to, where the event ended it, and the list of what it logged: texts of JSON. */
  readonly output?: string | undefined;
  readonly log?: string | undefined;
  /** How long it is kept, milliseconds, where that is not as configured. */
  readonly ttlMs?: number | undefined;
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
  return value === undefined ? undefined : decodeOutcome(value);
}

/** Whether an event that comes with the id of an outcome is the one that it is of: the same name, the same data. */
export function isOutcomeOf(outcome: Outcome, { event, data }: Pick<Outcome, "event" | "data">): boolean {
  return outcome.event === event && sameData(outcome.data?.value, data?.value);
}

/** Whether an outcome is past its time; `ttlMs` is as configured, 0: without limit. */
export function isExpired(outcome: Outcome, nowMs: number, ttlMs: number): boolean {
  const keptMs = outcome.ttlMs ?? ttlMs;
  return keptMs > 0 && outcome.atMs < nowMs - keptMs;
}

/** The change that puts another outcome in the place of one that is kept: what became of an event that had waited. */
export function replacedOutcome(outcome: Outcome): OutcomeChange {
  const { id, sequence } = outcome;
  return { eventId: id, sequence, value: encodeOutcome(outcome), isNew: false, first: 0, dropped: [] };
}

export interface OutcomePlace {
  /** Id of the machine's object. */
  readonly id: number;
  /** No outcome below this number is kept. */
  readonly first: number;
  /** False when it is known that none of them has the id of the one that is added. */
  readonly mayHaveSameId: boolean;
}

/**
 * The change that adds the outcome with the highest number so far and drops those beyond the limits, and one with the
 * same id that is past its time. Costs the same whatever came and went: nothing is ranged over.
 */
export function addedOutcome(
  reader: OrderedReader,
  { id, first, mayHaveSameId }: OutcomePlace,
  outcome: Outcome,
  limits: OutcomeLimits,
): OutcomeChange {
  const { sequence } = outcome;
  const dropped: DroppedOutcome[] = [];
  const expired = first < sequence && mayHaveSameId ? findOutcome(reader, id, outcome.id) : undefined;
  if (expired !== undefined) dropped.push({ sequence: expired.sequence, eventId: outcome.id });
  // Otherwise all are kept as long as the number of them allows, and none needs to be looked at. One that had a time of its
  // own stays among them until its turn comes, and is shown to nobody (isExpired).
  const mayExpire = limits.ttlMs > 0 || outcome.ttlMs !== undefined;
  // One comes in at a time, so only a lowered limit lets more than a few go at once; the rest goes with the next.
  const last = Math.min(sequence, first + DROPPED_AT_ONCE_MAX);
  let kept = first;
  for (; kept < last; kept += 1) {
    if (!mayExpire && sequence - kept < limits.countMax) break;
    const eventId = reader.get(outcomeOrderKey(id, kept))?.toString("utf8");
    if (eventId === undefined || kept === expired?.sequence) continue;
    const isBeyond = sequence - kept >= limits.countMax;
    if (!isBeyond && !isOver(findOutcome(reader, id, eventId), outcome.atMs, limits)) break;
    dropped.push({ sequence: kept, eventId });
  }
  const isKept = limits.countMax > 0;
  const value = isKept ? encodeOutcome(outcome) : undefined;
  const isLast = kept === sequence && !isKept;
  return {
    eventId: outcome.id,
    sequence,
    value,
    isNew: true,
    first: isLast ? sequence + 1 : kept,
    dropped,
  };
}

const DROPPED_AT_ONCE_MAX = 16;

/** One that is not there has gone before its number did. */
function isOver(outcome: Outcome | undefined, nowMs: number, { ttlMs }: OutcomeLimits): boolean {
  return outcome === undefined || isExpired(outcome, nowMs, ttlMs);
}
