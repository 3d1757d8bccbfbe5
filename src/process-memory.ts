/** The memory of this process: how much of it is its own, and how to get some of it back. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ownMemoryBytes } from "./metrics/own-memory.ts";
import type { ProcessMemory } from "./server/memory-guard.ts";

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
  return { ownBytes: ownMemoryBytes, collect };
}
