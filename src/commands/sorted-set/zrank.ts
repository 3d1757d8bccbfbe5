/** ZRANK key member [WITHSCORE]: the place of a member, counted from the lowest score; null when it is not there. */

import type { Handler } from "../handler.ts";
import { rankReply } from "./rank.ts";

export const zrank = {
  name: "ZRANK",
  run: (call) => rankReply(call, false),
} as const satisfies Handler;
