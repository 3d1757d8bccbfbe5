/** How an event came: what is recorded of it beside what it did. */
import type { EventData } from "../base/event-data.ts";

export interface Origin {
  readonly event: string;
  readonly data?: EventData | undefined;
  readonly id?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** When it happened at its source, milliseconds since the epoch. */
  readonly stampMs?: number | undefined;
  /** The `traceparent` it came with. */
  readonly trace?: string | undefined;
}

/** What is recorded of an event, without what else there is about it. */
export function originOf({ event, data, id, by, reason, stampMs, trace }: Origin): Origin {
  return { event, data, id, by, reason, stampMs, trace };
}
