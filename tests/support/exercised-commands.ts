/**
 * Which commands the tests have seen at work. Test files run in processes of their own, so each notes the names it sees in
 * a file of a shared folder; whoever looks for the unexercised reads them all.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { REFUSED_HANDLERS } from "../../src/commands/cluster/refused.ts";

/** Names the folder that the recorders of one run of the test suite share. */
export const EXERCISED_DIR_VARIABLE = "DETENT_EXERCISED_DIR";

export type ExerciseRecorder = {
  /** Notes that a command of commands.json was answered: its declared name, `CONFIG|GET`. */
  record(name: string): void;
};

/** A recorder that writes to a folder, if there is one. A name costs a write the first time only. */
export function exerciseRecorder(dir = process.env[EXERCISED_DIR_VARIABLE]): ExerciseRecorder {
  const seen = new Set<string>();
  return {
    record(name) {
      if (dir === undefined || seen.has(name)) return;
      seen.add(name);
      mkdirSync(dir, { recursive: true });
      appendFileSync(join(dir, `${process.pid}.txt`), `${name}\n`);
    },
  };
}

/** Forgets what was recorded in a folder. */
export function forgetExercised(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

/**
 * Commands that answer with an error whenever they are called: no script can be found running, by which time it is over, and the
 * members of a cluster change in its database.
 */
const ALWAYS_REFUSED = new Set(["SCRIPT|KILL", "FUNCTION|KILL", ...REFUSED_HANDLERS.map(({ name }) => name)]);

/** The declared names of the commands that can be called and that no recorder of the folder has noted. */
export function unexercisedCommands(dir: string): readonly string[] {
  mkdirSync(dir, { recursive: true });
  const exercised = new Set(
    readdirSync(dir).flatMap((file) => readFileSync(join(dir, file), "utf8").split("\n")),
  );
  return CATALOGUE.commands
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(({ declaration }) => declaration.replySchema !== undefined)
    .map(({ declaration }) => declaration.name)
    .filter((name) => !exercised.has(name) && !ALWAYS_REFUSED.has(name));
}
