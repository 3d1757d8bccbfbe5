/** LMOVE, RPOPLPUSH and what waits for them. */
import { bytesOf } from "../../base/bytes.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { ListEnd } from "../../values/list.ts";
import type { Call } from "../handler.ts";
import { growing, listForWrite, listOrNew, pushAll, shrinking } from "./lists.ts";

export interface Move {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly fromEnd: ListEnd;
  readonly toEnd: ListEnd;
}

/** Moves an element; undefined when there is none. @throws ReplyError WRONGTYPE */
export function moveElement(call: Call, { from, to, fromEnd, toEnd }: Move): Reply | undefined {
  const source = listForWrite(call, from);
  if (source === undefined) return undefined;
  const popped = fromEnd === "left" ? "lpop" : "rpop";
  if (from.equals(to)) {
    const element = source.pop(fromEnd);
    growing(call, source, [element]);
    source.push(toEnd, element);
    shrinking(call, source);
    source.save(toEnd === "left" ? "lpush" : "rpush");
    call.db.tell(bytesOf(from), popped);
    return element;
  }
  const target = listOrNew(call, to);
  const element = source.pop(fromEnd);
  pushAll(call, target, toEnd, [element]);
  shrinking(call, source);
  source.save(popped);
  return element;
}
