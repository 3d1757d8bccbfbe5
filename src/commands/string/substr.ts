/** SUBSTR key start end: part of a string, both ends included. */
import type { Handler } from "../handler.ts";
import { substring } from "./substring.ts";

export const substr = { name: "SUBSTR", run: substring } as const satisfies Handler;
