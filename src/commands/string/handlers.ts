/** The handlers of the string group. */
import type { Handler } from "../handler.ts";
import { get } from "./get.ts";
import { set } from "./set.ts";

export const STRING_HANDLERS: readonly Handler[] = [get, set];
