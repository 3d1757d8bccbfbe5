/**
 * A program of its own that makes a backup for SAVE and BGSAVE, at low priority: a damaged page may end it by a signal.
 * Prints nothing, or on standard error what was in the way.
 *
 * backup-process DIRECTORY FILE MILLISECONDS
 */
import { constants, setPriority } from "node:os";
import { makeBackup } from "./backup.ts";

const [, , directory = "", file = "", milliseconds = "0"] = process.argv;

try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Where that is not allowed, it goes on as it is.
}
try {
  await makeBackup({ directory, file, nowMs: Number(milliseconds) });
  process.exit(0);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error), () => process.exit(1));
}
