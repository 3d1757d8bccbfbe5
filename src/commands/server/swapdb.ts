/** SWAPDB index1 index2: exchanges two databases; every client sees the other's keys at once. */
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import { parseIndex } from "../database-index.ts";
import type { Handler } from "../handler.ts";

export const swapdb = {
  name: "SWAPDB",
  run: ({ args, databases, server }) => {
    if (server.cluster !== undefined) throw errors.notInClusterMode("SWAPDB");
    const first = parseIndex(argument(args, 1));
    if (first === undefined) throw errors.invalidFirstDatabase();
    const second = parseIndex(argument(args, 2));
    if (second === undefined) throw errors.invalidSecondDatabase();
    for (const index of [first, second]) {
      if (index < 0 || index >= databases.count) throw errors.databaseOutOfRange();
    }
    if (first !== second) databases.swap(first, second);
    return OK;
  },
} as const satisfies Handler;
