/** What an event is sent with, by SM.SEND or by the server itself. */
import type { EventData } from "../base/event-data.ts";
import type { SourceNumber } from "./record.ts";

export interface SendOptions {
  readonly event: string;
  readonly data: EventData | undefined;
  readonly id: string | undefined;
  /** Whether the server is to make an id. */
  readonly makesId: boolean;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  readonly source: { readonly name: string; readonly number: SourceNumber } | undefined;
  readonly ifState: string | undefined;
  readonly ifRev: number | undefined;
  /** When the event is to be delivered, milliseconds since the epoch. */
  readonly dueMs: number | undefined;
  readonly expireAtMs: number | undefined;
  /** How long its outcome is kept, milliseconds, where that is not as configured. */
  readonly outcomeTtlMs: number | undefined;
  /** When it happened at its source, milliseconds since the epoch. */
  readonly stampMs: number | undefined;
  /** The `traceparent` of the trace it belongs to. */
  readonly trace: string | undefined;
  readonly definition: string | undefined;
  readonly isFull: boolean;
}

/** `version-trace-parent-flags` of the W3C's Trace Context; all zeros are no trace and no parent. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text);
}

/** An event without data and options, as most are: field by field, since a spread costs a microsecond more. */
export function plainSend(event: string): SendOptions {
  return {
    event,
    data: undefined,
    id: undefined,
    makesId: false,
    by: undefined,
    reason: undefined,
    source: undefined,
    ifState: undefined,
    ifRev: undefined,
    dueMs: undefined,
    expireAtMs: undefined,
    outcomeTtlMs: undefined,
    stampMs: undefined,
    trace: undefined,
    definition: undefined,
    isFull: false,
  };
}
