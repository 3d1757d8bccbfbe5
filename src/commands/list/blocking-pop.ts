/** BLPOP and BRPOP. */
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { ListEnd } from "../../values/list.ts";
import { argument } from "../arguments.ts";
import { deadlineOfSeconds, takeOrWait } from "../blocking.ts";
import type { Call, Wait } from "../handler.ts";
import { listForWrite, popSome } from "./lists.ts";

/** Takes an element of the first of some lists that has any, or waits for one; the last argument is the timeout. */
export function blockingPop(call: Call, end: ListEnd): Reply | Wait {
  const last = call.args.length - 1;
  const deadlineMs = deadlineOfSeconds(argument(call.args, last), call.nowMs);
  const keys = call.args.slice(1, last).map((key) => Buffer.from(key));
  return takeOrWait(call, {
    type: "list",
    keys,
    deadlineMs,
    nothing: NULL_ARRAY,
    take: (later) => popFirst(later, keys, end, 1, ([element]) => element ?? null),
  });
}

/** The key and what was taken from the first of some lists that has any; undefined when none has. */
export function popFirst(
  call: Call,
  keys: readonly Buffer[],
  end: ListEnd,
  count: number,
  shape: (elements: readonly Buffer[]) => Reply,
): Reply | undefined {
  for (const key of keys) {
    const list = listForWrite(call, key);
    if (list !== undefined) return [key, shape(popSome(call, list, end, count))];
  }
  return undefined;
}
