/**
 * A vitest global setup: the run fails when a command of commands.json was never seen at work. It judges only
 * when DETENT_ALL_COMMANDS=1 is set, which `make test-all` does: a part of the suite, or one without redis-server, has not
 * all of them.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXERCISED_DIR_VARIABLE, forgetExercised, unexercisedCommands } from "./exercised-commands.ts";

/** Called by vitest before the first test; what it returns is called after the last. */
export function setup(): () => void {
  // Called for each project of vitest's configuration: the first one answers for all.
  if (process.env[EXERCISED_DIR_VARIABLE] !== undefined) return () => undefined;
  const dir = mkdtempSync(join(tmpdir(), "detent-exercised-"));
  // The processes that run the test files inherit it.
  process.env[EXERCISED_DIR_VARIABLE] = dir;
  return () => {
    const missing = process.env["DETENT_ALL_COMMANDS"] === "1" ? unexercisedCommands(dir) : [];
    forgetExercised(dir);
    if (missing.length === 0) return;
    // An error here is only printed: vitest ends with the exit code of the tests.
    process.exitCode = 1;
    throw new Error(`no test has seen these commands at work: ${missing.join(" ")}`);
  };
}
