/** Subcommands of the program in the process of the test. */
import { runSubcommand } from "../../src/cli/run.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";

export interface CliResult {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs `detent` with these arguments, whose first one is the subcommand. */
export async function cli(...args: readonly string[]): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runSubcommand(args, {
    objects: OBJECT_TYPES,
    version: "test",
    directoryOf: () => process.cwd(),
    nowMs: Date.UTC(2026, 10, 29, 14),
    output: { print: (line) => out.push(line), note: (line) => err.push(line), progress: () => undefined },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
