/** Faults of the system, injected from outside by strace where it is installed. */
import { spawnSync } from "node:child_process";

export const hasStrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

/** The words to put before a command; a fault is `syscall:what:when`, as strace has it. */
export function strace(fault: string): string[] {
  const traced = fault.split(":")[0];
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${traced}`, "-e", `inject=${fault}`];
}
