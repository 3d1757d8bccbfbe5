/** LINSERT key BEFORE|AFTER pivot element: inserts beside the first element that is equal to the pivot. */
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { growing, listForWrite } from "./lists.ts";
import { matches } from "./matches.ts";

export const linsert = {
  name: "LINSERT",
  run: (call) => {
    const word = token(call.args[2]);
    if (word !== "BEFORE" && word !== "AFTER") throw errors.syntaxError();
    const list = listForWrite(call, argument(call.args, 1));
    if (list === undefined) return 0;
    const element = argument(call.args, 4);
    growing(call, list, [element]);
    for (const place of matches(list, argument(call.args, 3), false)) {
      list.insert(word === "BEFORE" ? place : place + 1, element);
      list.save("linsert");
      return list.count;
    }
    return -1;
  },
} as const satisfies Handler;
