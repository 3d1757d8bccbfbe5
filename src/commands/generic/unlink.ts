/** UNLINK key [key …]: as DEL, which here leaves the work of giving space back for later as well. */
import type { Handler } from "../handler.ts";
import { removeKeys } from "./remove-keys.ts";

export const unlink = { name: "UNLINK", run: removeKeys } as const satisfies Handler;
