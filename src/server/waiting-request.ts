/** Requests that wait, as the dispatcher hands them to the executor. */
import type { GoesOn } from "../commands/handler.ts";
import type { Partition } from "../keyspace/partitions.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import type { ValueType } from "../values/held.ts";
import type { Turn } from "./turn.ts";

export interface WaitingRequest {
  /** The keys, as `watchName` names them. */
  readonly keys: readonly string[];
  /** See Wait. */
  readonly takes?: ValueType | undefined;
  readonly goesOn?: GoesOn | undefined;
  readonly deadlineMs: number | undefined;
  readonly onTimeout: Reply;
  /** Of the command. */
  readonly name: string;
  /** The partition that its answer tells of; undefined: any of those that the turn touches. */
  partition?(): Partition | undefined;
  /** Tries again in a later turn. @throws NotLoaded when it has to be tried once more: nothing of this try stays */
  resume(turn: Turn): Resumed;
  /** The reply when it is not tried again, counted. */
  refuse(error: ReplyError): Reply;
}

/** What a try has led to: an answer, or more waiting. */
export type Resumed =
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "waiting"; readonly request: WaitingRequest };
