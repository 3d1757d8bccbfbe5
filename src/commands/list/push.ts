/** LPUSH, RPUSH, LPUSHX and RPUSHX. */
import type { Reply } from "../../protocol/reply.ts";
import type { ListEnd } from "../../values/list.ts";
import { argument } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { listForWrite, listOrNew, pushAll } from "./lists.ts";

/** Puts the elements that follow the key at an end of a list, which is made where it is not there; the length then. */
export function push(call: Call, end: ListEnd): Reply {
  return pushAll(call, listOrNew(call, argument(call.args, 1)), end, call.args.slice(2));
}

/** As `push`, and 0 where the list is not there. */
export function pushIfThere(call: Call, end: ListEnd): Reply {
  const list = listForWrite(call, argument(call.args, 1));
  return list === undefined ? 0 : pushAll(call, list, end, call.args.slice(2));
}
