/** How much memory is the process' own. */
import { readFileSync } from "node:fs";

const KILOBYTE = 1024;

/** Bytes of anonymous resident memory, without those of files; where the system does not tell it, all that is resident. */
export function ownMemoryBytes(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * KILOBYTE;
  } catch {
    // No Linux: what follows is the next best.
  }
  return process.memoryUsage.rss();
}
