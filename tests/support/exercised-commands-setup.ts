/**
 * A vitest global setup: the run fails when a command of commands.json was never sent. It judges only when
 * DETENT_ALL_COMMANDS=1 is set, which the target that runs the whole suite does; a part of it cannot send all.
 */
import { forgetExercised, unexercisedCommands } from "./exercised-commands.ts";

/** Called by vitest before the first test; what it returns is called after the last. */
export function setup(): () => void {
  forgetExercised();
  return () => {
    const missing = process.env["DETENT_ALL_COMMANDS"] === "1" ? unexercisedCommands() : [];
    if (missing.length === 0) return;
    // An error here is only printed: vitest ends with the exit code of the tests.
    process.exitCode = 1;
    throw new Error(`no test has sent these commands: ${missing.join(" ")}`);
  };
}
