/** KEYS pattern: every key that matches. Walks the whole database. */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { argument } from "../arguments.ts";
import { everyDatabase } from "../everywhere.ts";
import type { Handler } from "../handler.ts";

export const keys = {
  name: "KEYS",
  run: (call) => {
    const matches = globMatcher(bytesOf(argument(call.args, 1)));
    return everyDatabase(call).flatMap((db) =>
      // Collected first: looking at a key may remove it, and the walk must not see that.
      [...db.keys()].filter((key) => matches(key) && db.find(key) !== undefined).map(bufferOf),
    );
  },
} as const satisfies Handler;
