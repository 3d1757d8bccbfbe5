/** BRPOP key [key …] timeout: takes the last element of the first of some lists that has any, or waits for one. */
import type { Handler } from "../handler.ts";
import { blockingPop } from "./blocking-pop.ts";

export const brpop = {
  name: "BRPOP",
  run: (call) => blockingPop(call, "right"),
} as const satisfies Handler;
