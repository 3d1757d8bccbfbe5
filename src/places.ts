/** What the partitions of a cluster hold, as each of their stores knows it. */
import { type Bytes, bufferOf } from "./base/bytes.ts";
import { slotOf } from "./cluster/slots.ts";
import { type SlotRange, tagsOf } from "./cluster/tags.ts";
import { SLOT_COUNT } from "./cluster/view.ts";
import { type Place, WHOLE } from "./keyspace/place.ts";

/** The places of all partitions, whose slots are given in order and have no gap. One that has all slots is whole. */
export function placesOf(ranges: readonly SlotRange[]): readonly Place[] {
  const count = ranges.length;
  if (count === 1) return [WHOLE];
  const numbers = new Uint16Array(SLOT_COUNT);
  for (const [number, { firstSlot, lastSlot }] of ranges.entries())
    numbers.fill(number, firstSlot, lastSlot + 1);
  const partitionOf = (key: Bytes) => numbers[slotOf(bufferOf(key))] ?? 0;
  return tagsOf(ranges).map((tag, number) => ({
    number,
    count,
    tag,
    holds: (key) => partitionOf(key) === number,
    partitionOf,
  }));
}
