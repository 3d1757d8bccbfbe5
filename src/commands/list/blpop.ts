/** BLPOP key [key …] timeout: takes the first element of the first of some lists that has any, or waits for one. */
import type { Handler } from "../handler.ts";
import { blockingPop } from "./blocking-pop.ts";

export const blpop = {
  name: "BLPOP",
  run: (call) => blockingPop(call, "left"),
} as const satisfies Handler;
