/** Looks whether a data file can be read, in a process of its own that a damaged page may end. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { IS_SOURCE, programFile } from "../base/program-files.ts";
import { DATA_FILE } from "./directory.ts";

const CURE = "restore the directory from a backup";

/**
 * What is wrong with the data file of a directory, a sentence each; empty when nothing is, or when there is none.
 * O(size of the file) within the time given, and waits for it.
 */
export function checkData(directory: string, budgetMs = Number.POSITIVE_INFINITY): string[] {
  // The program runs in another directory.
  const path = resolve(directory, DATA_FILE);
  if (!existsSync(path)) return [];
  const program = fileURLToPath(programFile("storage/data-check"));
  const { stdout, signal, error } = spawnSync(
    process.execPath,
    [...(IS_SOURCE ? ["--import", "tsx"] : []), program, path, String(budgetMs)],
    { encoding: "utf8", cwd: dirname(program), stdio: ["ignore", "pipe", "ignore"] },
  );
  if (signal !== null) return [`'${path}' is damaged: reading it ends a process by ${signal}; ${CURE}`];
  if (error !== undefined) return [`'${path}' could not be checked: ${error.message}`];
  return findingsIn(stdout) ?? [`'${path}' could not be checked`];
}

function findingsIn(text: string): string[] | undefined {
  try {
    const findings: unknown = JSON.parse(text);
    return Array.isArray(findings) ? findings.map(String) : undefined;
  } catch {
    return undefined;
  }
}
