/** CONFIG SET parameter value [parameter value …]: changes directives, all of them or none. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import type { Handler } from "../handler.ts";
import { acceptOutcome } from "./config-outcome.ts";

export const configSet = {
  name: "CONFIG|SET",
  run: ({ args, server }) => {
    const words = args.slice(2).map((word) => word.toString("latin1"));
    if (words.length % 2 !== 0) throw errors.syntaxError();
    const pairs: Array<readonly [string, string]> = [];
    for (let at = 0; at < words.length; at += 2) pairs.push([words[at] ?? "", words[at + 1] ?? ""]);
    acceptOutcome(server.config.set(pairs));
    return OK;
  },
} as const satisfies Handler;
