/** Faults of the system, injected from outside by strace where it is installed. */
import { spawnSync } from "node:child_process";

export const hasStrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

/** The words to put before a command; a fault is `syscall:what:when`, as strace has it, of one file if a path is given. */
export function strace(fault: string, path?: string): string[] {
  const traced = fault.split(":")[0];
  const only = path === undefined ? [] : ["-P", path];
  return [
    "strace",
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    ...only,
    "-e",
    `trace=${traced}`,
    "-e",
    `inject=${fault}`,
  ];
}
