/** The texts that put a key into a slot of a partition when they are in its braces. */
import { slotOf } from "./slots.ts";

export interface SlotRange {
  readonly firstSlot: number;
  readonly lastSlot: number;
}

/** The tags of all partitions, whose slots are given in order; of one that has all slots, none. */
export function tagsOf(ranges: readonly SlotRange[]): readonly string[] {
  return ranges.length === 1 ? [""] : ranges.map(tagOf);
}

/** By their slots: the partitions of a cluster never change theirs. */
const tags = new Map<string, string>();
const TAGS_MAX = 1024;

/** The first number whose text is in one of the slots: the same on every server. */
function tagOf({ firstSlot, lastSlot }: SlotRange): string {
  const range = `${firstSlot}-${lastSlot}`;
  const known = tags.get(range);
  if (known !== undefined) return known;
  for (let number = 0; ; number += 1) {
    const tag = number.toString(36);
    const slot = slotOf(Buffer.from(tag));
    if (slot < firstSlot || slot > lastSlot) continue;
    if (tags.size >= TAGS_MAX) tags.clear();
    tags.set(range, tag);
    return tag;
  }
}
