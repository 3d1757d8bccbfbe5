/** LPOP and RPOP. */
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { ListEnd } from "../../values/list.ts";
import { argument, positiveInteger } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { listForWrite, popSome } from "./lists.ts";

/** Takes an element from an end, or with a count so many of them. */
export function pop(call: Call, end: ListEnd): Reply {
  const { args, command } = call;
  if (args.length > 3) throw errors.wrongNumberOfArguments(command.name);
  const count = args.length === 3 ? Number(positiveInteger(argument(args, 2))) : undefined;
  const list = listForWrite(call, argument(args, 1));
  if (list === undefined) return count === undefined ? null : NULL_ARRAY;
  if (count === 0) return [];
  const elements = popSome(call, list, end, count ?? 1);
  return count === undefined ? (elements[0] ?? null) : elements;
}
