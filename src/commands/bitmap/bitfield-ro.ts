/** BITFIELD_RO key [GET type offset]...: integers of any width in a string, which is only read. */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { runFieldOperations } from "./field-operations.ts";

export const bitfieldRo = {
  name: "BITFIELD_RO",
  run: (call) => runFieldOperations(call, argument(call.args, 1), { mayWrite: false }),
} as const satisfies Handler;
