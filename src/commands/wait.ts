/**
 * Waiting: a handler that cannot answer yet returns a `Wait` instead of a reply. The executor parks the session, and
 * asks again when one of the keys has changed. A handler may wait only where `call.mayWait` says so: within MULTI it
 * has to answer at once.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Databases } from "../keyspace/databases.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Call } from "./handler.ts";

export interface Wait {
  readonly kind: "wait";
  /** A change of any of them, in the database the session has selected, is worth another try. */
  readonly keys: readonly Bytes[];
  /** Milliseconds since the epoch; undefined: for ever. */
  readonly deadlineMs: number | undefined;
  /** The answer at the deadline. */
  readonly onTimeout: Reply;
  /**
   * Tries again, as a handler does: an answer, an error thrown, or a further Wait. It outlives the request, so it
   * holds on to copies of arguments, never to the arguments themselves: these pin the memory they arrived in.
   */
  retry(call: Call): Reply | Wait;
}

/** A request that waits, as the dispatcher hands it to the executor. */
export interface WaitingRequest {
  /** The keys, as `watchName` names them. */
  readonly keys: readonly string[];
  readonly deadlineMs: number | undefined;
  readonly onTimeout: Reply;
  /** Tries again in a later turn. */
  resume(databases: Databases): Resumed;
}

/** What a try has led to: an answer, or more waiting. */
export type Resumed =
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "waiting"; readonly request: WaitingRequest };

/** How CLIENT UNBLOCK ends a wait: as the deadline does, or with an error. */
export type UnblockMode = "timeout" | "error";

/** The sessions that wait, as commands may see and touch them. */
export interface WaiterControl {
  readonly size: number;
  isWaiting(sessionId: number): boolean;
  /** Ends the wait of a session; false when it does not wait. */
  unblock(sessionId: number, mode: UnblockMode): boolean;
}

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
