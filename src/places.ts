/** What the partitions of a cluster hold, as each of their stores knows it. */
import { type Bytes, bufferOf } from "./base/bytes.ts";
import { slotOf } from "./cluster/slots.ts";
import { SLOT_COUNT } from "./cluster/view.ts";
import { type Place, WHOLE } from "./keyspace/place.ts";

export interface SlotRange {
  readonly firstSlot: number;
  readonly lastSlot: number;
}

/** The places of all partitions, whose slots are given in order and have no gap. One that has all slots is whole. */
export function placesOf(ranges: readonly SlotRange[]): readonly Place[] {
  const count = ranges.length;
  if (count === 1) return [WHOLE];
  const numbers = new Uint16Array(SLOT_COUNT);
  for (const [number, { firstSlot, lastSlot }] of ranges.entries())
    numbers.fill(number, firstSlot, lastSlot + 1);
  const partitionOf = (key: Bytes) => numbers[slotOf(bufferOf(key))] ?? 0;
  return ranges.map((range, number) => ({
    number,
    count,
    tag: tagOf(range),
    holds: (key) => partitionOf(key) === number,
    partitionOf,
  }));
}

/** The first number whose text is in one of the slots: the same on every server. */
function tagOf({ firstSlot, lastSlot }: SlotRange): string {
  for (let number = 0; ; number += 1) {
    const tag = number.toString(36);
    const slot = slotOf(Buffer.from(tag));
    if (slot >= firstSlot && slot <= lastSlot) return tag;
  }
}
