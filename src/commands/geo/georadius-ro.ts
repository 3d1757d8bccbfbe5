/** GEORADIUS_RO key longitude latitude radius unit [options]: the members in a circle. */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const georadiusRo = {
  name: "GEORADIUS_RO",
  run: (call) => search(call, 1, { kind: "position", at: 2, mayStore: false }, "georadiusstore"),
} as const satisfies Handler;
