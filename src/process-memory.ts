/** The memory of this process: how much of it is its own, and how to get some of it back. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ProcessMemory } from "./server/memory-guard.ts";

const KILOBYTE = 1024;

export function processMemory(): ProcessMemory {
  let collectNow: (() => void) | undefined;
  const collect = (): void => {
    if (collectNow === undefined) {
      // V8 hands out its collector only to who asks with this flag; a context that is made after it has it.
      setFlagsFromString("--expose-gc");
      collectNow = runInNewContext("gc") as () => void;
      setFlagsFromString("--no-expose-gc");
    }
    collectNow();
  };
  return { ownBytes, collect };
}

/** Anonymous resident memory; where the system does not tell it, all that is resident. */
export function ownBytes(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * KILOBYTE;
  } catch {
    // No Linux: what follows is the next best.
  }
  return process.memoryUsage.rss();
}
