/**
 * A vitest global setup: the run fails when a command of commands.json was never seen at work. It judges only
 * when DETENT_ALL_COMMANDS=1 is set, which `make test` does when it runs the whole suite: a part of it, or one without
 * redis-server, has not all of them.
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
    throw new Error(`no test has seen these commands at work: ${missing.join(" ")}`);
  };
}
