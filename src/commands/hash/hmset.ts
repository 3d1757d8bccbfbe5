/** HMSET key field value [field value …]: as HSET, and the reply is OK. */
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashOrNew, pairsOf, setFields } from "./hashes.ts";

export const hmset = {
  name: "HMSET",
  run: (call) => {
    const pairs = pairsOf(call);
    const table = hashOrNew(call, argument(call.args, 1));
    setFields(call, table, pairs);
    table.save("hset");
    return OK;
  },
} as const satisfies Handler;
