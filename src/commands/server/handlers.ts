/** The handlers of the server group. */
import type { Handler } from "../handler.ts";
import { dbsize } from "./dbsize.ts";
import { flushall } from "./flushall.ts";
import { flushdb } from "./flushdb.ts";

export const SERVER_HANDLERS: readonly Handler[] = [dbsize, flushall, flushdb];
