/**
 * BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset increment]...:
 * integers of any width in a string.
 */
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { runFieldOperations } from "./field-operations.ts";

export const bitfield = {
  name: "BITFIELD",
  run: (call) => runFieldOperations(call, argument(call.args, 1), { mayWrite: true }),
} as const satisfies Handler;
