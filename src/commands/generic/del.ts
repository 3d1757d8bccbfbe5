/** DEL key [key …]: removes keys; how many there were. */
import type { Handler } from "../handler.ts";
import { removeKeys } from "./remove-keys.ts";

export const del = { name: "DEL", run: removeKeys } as const satisfies Handler;
