/**
 * OBJECT REFCOUNT key: 1, as nothing is shared, but of a small number what Redis says, where all keys share it; null
 * without the key.
 */
import { argument, parseInteger } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { lookSilently } from "../values.ts";
import { encodingOf } from "./object-encoding.ts";

/** Numbers below this one are shared. */
const SHARED_END = 10_000n;
const SHARED_REFCOUNT = 2_147_483_647;

export const objectRefcount = {
  name: "OBJECT|REFCOUNT",
  run: (call) => {
    const record = lookSilently(call, argument(call.args, 2));
    if (record === undefined) return null;
    if (encodingOf(call, record) !== "int") return 1;
    const value = parseInteger(call.db.stringValue(record)) ?? SHARED_END;
    return value >= 0n && value < SHARED_END ? SHARED_REFCOUNT : 1;
  },
} as const satisfies Handler;
