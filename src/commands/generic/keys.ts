/** KEYS pattern: every key that matches. Walks the whole database. */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { globMatcher } from "../../base/glob.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const keys = {
  name: "KEYS",
  run: ({ args, db }) => {
    const matches = globMatcher(bytesOf(argument(args, 1)));
    // Collected first: looking at a key may remove it, and the walk must not see that.
    return [...db.keys()].filter((key) => matches(key) && db.find(key) !== undefined).map(bufferOf);
  },
} as const satisfies Handler;
