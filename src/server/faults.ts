/** Errors that no client has caused: damage to the data file, and bugs of ours. */
import type { Log } from "../base/log.ts";
import type { Statistics } from "../metrics/statistics.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { DamageError } from "../storage/sealed-values.ts";

/** Takes an error after what it did was rolled back; returns what a client reads of it. */
export type OnFault = (error: unknown) => ReplyError;

/** Logs each fault. Those that are bugs of ours count as internal errors; damage to a file is none. */
export function faultLog(log: Log, statistics: Statistics): OnFault {
  return (error) => {
    if (error instanceof DamageError) {
      log(error.message, "warning");
      return errors.damagedFile(error.path);
    }
    statistics.internalErrors += 1;
    log(`internal error: ${error instanceof Error ? error.stack : String(error)}`, "warning");
    return errors.internalError();
  };
}
