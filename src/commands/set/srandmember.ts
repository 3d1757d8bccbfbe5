/**
 * SRANDMEMBER key [count]: a member by chance; with a count that many different ones, or with a negative one that many
 * that may be the same.
 */
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import { draw, drawnCount } from "../drawing.ts";
import type { Handler } from "../handler.ts";
import { setAt } from "./sets.ts";

export const srandmember = {
  name: "SRANDMEMBER",
  run: (call) => {
    const { args } = call;
    const random = () => call.random();
    if (args.length > 3) throw errors.syntaxError();
    if (args.length === 2) return setAt(call, argument(args, 1))?.drawn(random)?.name ?? null;
    const count = drawnCount(argument(args, 2));
    const table = setAt(call, argument(args, 1));
    if (table === undefined || count === 0n) return [];
    return draw(table, count, random).map(({ name }) => name);
  },
} as const satisfies Handler;
