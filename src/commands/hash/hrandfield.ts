/**
 * HRANDFIELD key [count [WITHVALUES]]: a field by chance; with a count that many different ones, or with a negative one
 * that many that may be the same.
 */
import type { Reply } from "../../protocol/reply.ts";
import type { Element } from "../../values/elements.ts";
import { argument } from "../arguments.ts";
import { draw, drawnCountWith } from "../drawing.ts";
import type { Call, Handler } from "../handler.ts";
import { hashAt } from "./hashes.ts";

export const hrandfield = {
  name: "HRANDFIELD",
  run: (call) => {
    const { args } = call;
    const random = () => call.random();
    if (args.length === 2) return hashAt(call, argument(args, 1))?.drawn(random)?.name ?? null;
    const { count, isWith } = drawnCountWith(args, "WITHVALUES");
    const table = hashAt(call, argument(args, 1));
    if (table === undefined || count === 0n) return [];
    return fieldsReply(call, draw(table, count, random), isWith);
  },
} as const satisfies Handler;

function fieldsReply({ session }: Call, drawn: readonly Element[], withValues: boolean): Reply {
  if (!withValues) return drawn.map(({ name }) => name);
  const pairs = drawn.map(({ name, value }) => [name, value]);
  return session.protocol === 3 ? pairs : pairs.flat();
}
