/** BLMOVE and BRPOPLPUSH. */
import type { Reply } from "../../protocol/reply.ts";
import type { ListEnd } from "../../values/list.ts";
import { argument } from "../arguments.ts";
import { deadlineOfSeconds, takeOrWait } from "../blocking.ts";
import type { Call, Wait } from "../handler.ts";
import { moveElement } from "./move.ts";

export interface BlockingMove {
  readonly fromEnd: ListEnd;
  readonly toEnd: ListEnd;
  readonly timeout: Buffer;
}

/** Moves an element from the list of the second argument to that of the third, or waits for one. */
export function blockingMove(call: Call, { fromEnd, toEnd, timeout }: BlockingMove): Reply | Wait {
  const deadlineMs = deadlineOfSeconds(timeout, call.nowMs);
  const [from, to] = [Buffer.from(argument(call.args, 1)), Buffer.from(argument(call.args, 2))];
  return takeOrWait(call, {
    type: "list",
    keys: [from],
    deadlineMs,
    nothing: null,
    take: (later) => moveElement(later, { from, to, fromEnd, toEnd }),
  });
}
