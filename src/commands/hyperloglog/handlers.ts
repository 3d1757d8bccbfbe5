/** The handlers of the hyperloglog group. */
import type { Handler } from "../handler.ts";
import { pfadd } from "./pfadd.ts";
import { pfcount } from "./pfcount.ts";
import { pfmerge } from "./pfmerge.ts";

export const HYPERLOGLOG_HANDLERS: readonly Handler[] = [pfadd, pfcount, pfmerge];
