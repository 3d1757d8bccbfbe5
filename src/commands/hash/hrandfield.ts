/**
 * HRANDFIELD key [count [WITHVALUES]]: a field by chance; with a count that many different ones, or with a negative one
 * that many that may be the same.
 */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Element } from "../../values/elements.ts";
import { argument, token } from "../arguments.ts";
import { drawDistinct, drawnCount, drawRepeated } from "../drawing.ts";
import type { Call, Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hrandfield = {
  name: "HRANDFIELD",
  run: (call) => {
    const { args } = call;
    const random = () => call.random();
    if (args.length === 2) return hashAt(call, argument(args, 1))?.drawn(random)?.name ?? null;
    const given = drawnCount(argument(args, 2));
    const withValues = args.length === 4 && token(args[3]) === "WITHVALUES";
    if (args.length > 4 || (args.length === 4 && !withValues)) throw errors.syntaxError();
    if (withValues && (given.count > COUNT_MAX || given.count < -COUNT_MAX)) throw errors.outOfRange();
    const table = hashAt(call, argument(args, 1));
    if (table === undefined || given.count === 0n) return [];
    const drawn = given.repeats ? drawRepeated(table, given, random) : drawDistinct(table, given, random);
    return fieldsReply(call, drawn, withValues);
  },
} as const satisfies Handler;

/** With a value each there are twice as many. */
const COUNT_MAX = (2n ** 63n - 1n) / 2n;

function fieldsReply({ session }: Call, drawn: readonly Element[], withValues: boolean): Reply {
  if (!withValues) return drawn.map(({ name }) => name);
  const pairs = drawn.map(({ name, value }) => [name, value]);
  return session.protocol === 3 ? pairs : pairs.flat();
}
