/** LMPOP numkeys key [key …] LEFT|RIGHT [COUNT n]: takes elements of the first of some lists that has any. */
import { NULL_ARRAY } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { countAfter, countedKeys } from "../key-count.ts";
import { popFirst } from "./blocking-pop.ts";
import { endOf } from "./lists.ts";

export const lmpop = {
  name: "LMPOP",
  run: (call) => {
    const { keys, next } = countedKeys(call.args, 1);
    const end = endOf(call.args[next]);
    const count = countAfter(call.args, next + 1);
    return popFirst(call, keys, end, count, (elements) => elements) ?? NULL_ARRAY;
  },
} as const satisfies Handler;
