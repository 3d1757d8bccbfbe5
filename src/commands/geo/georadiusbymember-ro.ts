/** GEORADIUSBYMEMBER_RO key member radius unit [options]: the members around one of them. */
import type { Handler } from "../handler.ts";
import { search } from "./searching.ts";

export const georadiusbymemberRo = {
  name: "GEORADIUSBYMEMBER_RO",
  run: (call) => search(call, 1, { kind: "member", at: 2, mayStore: false }, "georadiusstore"),
} as const satisfies Handler;
