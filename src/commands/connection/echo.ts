/** ECHO message: the message. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const echo = {
  name: "ECHO",
  run: ({ args }) => argument(args, 1),
} as const satisfies Handler;
