/** SPOP key [count]: takes a member out by chance; with a count that many different ones. */
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { argument, positiveInteger } from "../arguments.ts";
import { draw } from "../drawing.ts";
import type { Call, Handler } from "../handler.ts";
import { setForWrite, setReply } from "./sets.ts";

export const spop = {
  name: "SPOP",
  run: (call) => {
    if (call.args.length === 3) return popSeveral(call);
    if (call.args.length > 3) throw errors.syntaxError();
    const table = setForWrite(call, argument(call.args, 1));
    const drawn = table?.drawn(() => call.random());
    if (table === undefined || drawn === undefined) return null;
    const member = Buffer.from(drawn.name);
    table.delete(member);
    table.save("spop");
    return member;
  },
} as const satisfies Handler;

function popSeveral(call: Call): Reply {
  const count = positiveInteger(argument(call.args, 2));
  const table = setForWrite(call, argument(call.args, 1));
  if (table === undefined || count === 0n) return setReply([]);
  const drawn = draw(table, count, () => call.random());
  const members = drawn.map(({ name }) => name);
  if (members.length === table.count) table.held.removeEmptied("spop");
  else {
    for (const member of members) table.delete(member);
    table.save("spop");
  }
  return setReply(members);
}
