/** SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC|DESC] [ALPHA]: as SORT, and stores nothing. */
import type { Handler } from "../handler.ts";
import { sorted, sortQuery } from "./sorting.ts";

export const sortRo = {
  name: "SORT_RO",
  run: (call) => sorted(call, sortQuery(call, false)),
} as const satisfies Handler;
