/** SLOWLOG GET [count]: the newest slow commands, newest first. Ten without a count; -1 is for all. */
import * as errors from "../../protocol/errors.ts";
import { argument, parseInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const COUNT_DEFAULT = 10n;

export const slowlogGet = {
  name: "SLOWLOG|GET",
  run: ({ args, server }) => {
    const [, , word] = args;
    if (args.length > 3) throw errors.unknownSubcommandOrArity("SLOWLOG", argument(args, 1));
    const count = word === undefined ? COUNT_DEFAULT : parseInteger(word);
    if (count === undefined || count < -1n) throw errors.slowlogCount();
    const entries = server.slowLog.newest(count === -1n ? server.slowLog.length : Number(count));
    return entries.map((entry) => [
      entry.id,
      Math.floor(entry.atMs / 1000),
      entry.microseconds,
      entry.args,
      entry.address,
      entry.name,
    ]);
  },
} as const satisfies Handler;
