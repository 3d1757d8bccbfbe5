/** MEMORY MALLOC-STATS: what the allocator says of itself, here V8's heap by its spaces. */
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { Handler } from "../handler.ts";

export const memoryMallocStats = {
  name: "MEMORY|MALLOC-STATS",
  run: () => {
    const heap = Object.entries(getHeapStatistics()).map(([name, value]) => `${name}: ${value}`);
    const spaces = getHeapSpaceStatistics().map(
      ({ space_name: name, space_size: size, space_used_size: used, space_available_size: available }) =>
        `${name}: size ${size}, used ${used}, available ${available}`,
    );
    return { kind: "verbatim", format: "txt", text: [...heap, ...spaces, ""].join("\n") };
  },
} as const satisfies Handler;
