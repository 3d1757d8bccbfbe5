/** The handlers of the hyperloglog group. */
import type { Handler } from "../handler.ts";
import { pfadd } from "./pfadd.ts";
import { pfcount } from "./pfcount.ts";
import { pfdebug } from "./pfdebug.ts";
import { pfmerge } from "./pfmerge.ts";
import { pfselftest } from "./pfselftest.ts";

export const HYPERLOGLOG_HANDLERS: readonly Handler[] = [pfadd, pfcount, pfdebug, pfmerge, pfselftest];
