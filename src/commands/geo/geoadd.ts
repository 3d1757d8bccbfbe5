/** GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]: adds places. */
import * as errors from "../../protocol/errors.ts";
import type { Scored } from "../../values/sorted-set.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { addScored, UNCONDITIONAL } from "../sorted-set/adding.ts";
import { scoreAt } from "./geohash-cells.ts";
import { positionArgument } from "./positions.ts";

export const geoadd = {
  name: "GEOADD",
  run: (call) => {
    const { args } = call;
    const options = new Set<string>();
    let at = 2;
    for (; at < args.length; at += 1) {
      const word = token(args[at]);
      if (word !== "NX" && word !== "XX" && word !== "CH") break;
      options.add(word);
    }
    const [isNew, isThere] = [options.has("NX"), options.has("XX")];
    const count = (args.length - at) / 3;
    if (!Number.isInteger(count) || count === 0 || (isNew && isThere)) throw errors.syntaxError();
    const members: Scored[] = [];
    for (; at < args.length; at += 3)
      members.push({ name: argument(args, at + 2), score: scoreAt(positionArgument(args, at)) });
    const condition = { ...UNCONDITIONAL, isNew, isThere };
    const { added, changed } = addScored(call, argument(args, 1), members, condition);
    return options.has("CH") ? added + changed : added;
  },
} as const satisfies Handler;
