/** GEORADIUS key longitude latitude radius unit [options] [STORE key | STOREDIST key]: the members in a circle, shown or stored. */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const georadius = {
  name: "GEORADIUS",
  run: (call) => search(call, 1, { kind: "position", at: 2, mayStore: true }, "georadiusstore"),
} as const satisfies Handler;
