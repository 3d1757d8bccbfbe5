/** HGETALL key: all fields with their values. */
import { map } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hgetall = {
  name: "HGETALL",
  run: (call) => {
    const table = hashAt(call, argument(call.args, 1));
    return table === undefined ? map([]) : { kind: "bulks", shape: "map", strings: table.strings("both") };
  },
} as const satisfies Handler;
