/** Waiting: what becomes of the `Wait` that a handler returns instead of a reply (handler.ts). */
import type { Databases } from "../keyspace/databases.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import type { ValueType } from "../values/held.ts";
import type { GoesOn, Wait } from "./handler.ts";

/** A request that waits, as the dispatcher hands it to the executor. */
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
  /** Tries again in a later turn. @throws NotLoaded when it has to be tried once more: nothing of this try stays */
  resume(databases: Databases): Resumed;
  /** The reply when it is not tried again, counted. */
  refuse(error: ReplyError): Reply;
}

/** What a try has led to: an answer, or more waiting. */
export type Resumed =
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "waiting"; readonly request: WaitingRequest };

export function isWait(answer: Reply | Wait): answer is Wait {
  return kindOf(answer) === "wait";
}

/** The kind of an answer that has one. */
export function kindOf(answer: Reply | Wait): string | undefined {
  if (typeof answer !== "object" || answer === null || Buffer.isBuffer(answer)) return undefined;
  return "kind" in answer ? answer.kind : undefined;
}

/** When a wait of `timeoutMs` from now ends; 0 stands for ever. */
export function deadlineOf(nowMs: number, timeoutMs: number): number | undefined {
  return timeoutMs === 0 ? undefined : nowMs + timeoutMs;
}
