/** GEORADIUSBYMEMBER key member radius unit [options] [STORE key | STOREDIST key]: the members around one of them, shown or stored. */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const georadiusbymember = {
  name: "GEORADIUSBYMEMBER",
  run: (call) => search(call, 1, { kind: "member", at: 2, mayStore: true }, "georadiusstore"),
} as const satisfies Handler;
