/** ZREVRANK key member [WITHSCORE]: the place of a member, counted from the highest score; null when it is not there. */

import type { Handler } from "../handler.ts";
import { rankReply } from "./rank.ts";

export const zrevrank = {
  name: "ZREVRANK",
  run: (call) => rankReply(call, true),
} as const satisfies Handler;
