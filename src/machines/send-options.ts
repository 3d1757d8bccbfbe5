/** What an event is sent with, by SM.SEND or by the server itself. */
import type { EventData } from "../base/event-data.ts";
import type { SourceNumber } from "./record.ts";

export interface SendOptions {
  readonly event: string;
  readonly data: EventData | undefined;
  readonly id: string | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  readonly source: { readonly name: string; readonly number: SourceNumber } | undefined;
  readonly ifState: string | undefined;
  readonly ifRev: number | undefined;
  /** When the event is to be delivered, milliseconds since the epoch. */
  readonly dueMs: number | undefined;
  readonly expireAtMs: number | undefined;
  readonly definition: string | undefined;
  readonly isFull: boolean;
}

/** An event without any option. */
export const NO_OPTIONS: Omit<SendOptions, "event"> = {
  data: undefined,
  id: undefined,
  by: undefined,
  reason: undefined,
  source: undefined,
  ifState: undefined,
  ifRev: undefined,
  dueMs: undefined,
  expireAtMs: undefined,
  definition: undefined,
  isFull: false,
};
