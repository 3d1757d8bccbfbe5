/** TIME: the server's clock, as seconds and microseconds. It has milliseconds, so the last three digits are zeros. */
import type { Handler } from "../handler.ts";

export const time = {
  name: "TIME",
  run: ({ nowMs }) => [String(Math.floor(nowMs / 1000)), String((nowMs % 1000) * 1000)],
} as const satisfies Handler;
