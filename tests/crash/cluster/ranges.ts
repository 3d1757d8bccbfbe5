import type { SlotRange } from "../../../src/cluster/tags.ts";
import { SLOT_COUNT } from "../../../src/cluster/view.ts";

/** The slots of each partition of a cluster. */
export function rangesOf(count: number): readonly SlotRange[] {
  const bound = (partition: number) => Math.floor((partition * SLOT_COUNT) / count);
  return Array.from({ length: count }, (_, partition) => ({
    firstSlot: bound(partition),
    lastSlot: bound(partition + 1) - 1,
  }));
}
