/** TYPE key: the name of the type of what the key holds, "none" when there is no such key. */
import { simple } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { look } from "../values.ts";
import { TYPE_NAMES } from "./type-names.ts";

export const type = {
  name: "TYPE",
  run: (call) => {
    const record = look(call, argument(call.args, 1));
    return simple(record === undefined ? "none" : TYPE_NAMES[record.type]);
  },
} as const satisfies Handler;
