/** Waiting: what becomes of the `Wait` that a handler returns instead of a reply (handler.ts). */
import type { Reply } from "../protocol/reply.ts";
import type { Wait } from "./handler.ts";

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
