/**
 * Outcomes: what became of each event that came with an id, kept so that the same event gets the same reply again.
 * A machine keeps a bounded number of them, the latest.
 */

import { assert } from "../base/assert.ts";
import type { EventData } from "../base/event-data.ts";
import type { Json } from "../base/json.ts";
import { outcomeKey, outcomeOrderKey } from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { dataOfStored } from "./pending.ts";

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
  return value === undefined ? undefined : decode(value);
}

/** Whether an outcome is past its time; `ttlMs` is as configured, 0: without limit. */
export function isExpired(outcome: Outcome, nowMs: number, ttlMs: number): boolean {
  const keptMs = outcome.ttlMs ?? ttlMs;
  return keptMs > 0 && outcome.atMs < nowMs - keptMs;
}

/** Drops an outcome that is past its time, so that its id is free again. */
export function forgetOutcome(transaction: Transaction, id: number, outcome: Outcome): void {
  transaction.remove(outcomeKey(id, outcome.id));
  transaction.remove(outcomeOrderKey(id, outcome.sequence));
}

/** Writes an outcome anew: what became of an event that had waited. */
export function replaceOutcome(transaction: Transaction, id: number, outcome: Outcome): void {
  const stored = { ...outcome, data: undefined, text: outcome.data?.text };
  transaction.put(outcomeKey(id, outcome.id), Buffer.from(JSON.stringify(stored), "utf8"));
}

export interface OutcomePlace {
  /** Id of the machine's object. */
  readonly id: number;
  /** No outcome below this number is kept. */
  readonly first: number;
}

/**
 * Adds the outcome with the highest number so far and drops those beyond the limits; returns the number below which
 * none is kept now. Costs the same whatever came and went: nothing is ranged over.
 */
export function addOutcome(
  transaction: Transaction,
  { id, first }: OutcomePlace,
  outcome: Outcome,
  limits: OutcomeLimits,
): number {
  const { sequence } = outcome;
  replaceOutcome(transaction, id, outcome);
  transaction.put(outcomeOrderKey(id, sequence), Buffer.from(outcome.id, "utf8"));
  // One comes in at a time, so only a lowered limit lets more than a few go at once; the rest goes with the next.
  // The new one is among them: a machine that may keep none drops it too.
  const last = Math.min(sequence + 1, first + DROPPED_AT_ONCE_MAX);
  for (let number = first; number < last; number += 1) {
    const eventId = transaction.get(outcomeOrderKey(id, number))?.toString("utf8");
    if (eventId === undefined) continue;
    const isBeyond = sequence - number >= limits.countMax;
    if (!isBeyond && !isOver(findOutcome(transaction, id, eventId), outcome.atMs, limits)) return number;
    transaction.remove(outcomeOrderKey(id, number));
    transaction.remove(outcomeKey(id, eventId));
  }
  return last;
}

const DROPPED_AT_ONCE_MAX = 16;

/** One that is not there has gone before its number did. */
function isOver(outcome: Outcome | undefined, nowMs: number, { ttlMs }: OutcomeLimits): boolean {
  return outcome === undefined || isExpired(outcome, nowMs, ttlMs);
}

function decode(value: Buffer): Outcome {
  const outcome: unknown = JSON.parse(value.toString("utf8"));
  assert(typeof outcome === "object" && outcome !== null && "reply" in outcome, "an outcome's record");
  // Written by replaceOutcome; earlier versions had the data itself where now its text is.
  const { data, text, ...rest } = outcome as Omit<Outcome, "data"> & { data?: Json; text?: string };
  return { ...rest, data: dataOfStored(data, text) };
}
