/** The handlers of the transactions group. */
import type { Handler } from "../handler.ts";
import { discard } from "./discard.ts";
import { exec } from "./exec.ts";
import { multi } from "./multi.ts";
import { unwatch } from "./unwatch.ts";
import { watch } from "./watch.ts";

export const TRANSACTION_HANDLERS: readonly Handler[] = [discard, exec, multi, unwatch, watch];
