/** MSETNX key value [key value …]: makes all keys strings if none of them exists; 1 if none did. */
import type { Handler } from "../handler.ts";
import { pairsOf } from "./pairs.ts";
import { setString } from "./write-string.ts";

export const msetnx = {
  name: "MSETNX",
  run: (call) => {
    const pairs = pairsOf(call.args, "msetnx");
    if (pairs.some(([key]) => call.db.find(key) !== undefined)) return 0;
    for (const [key, value] of pairs) setString(call, key, value);
    return 1;
  },
} as const satisfies Handler;
