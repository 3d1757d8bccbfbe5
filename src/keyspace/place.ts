/** Which part of the keys of a cluster a store holds. */
import type { Bytes } from "../base/bytes.ts";

export interface Place {
  /** Of the partition, from 0 in the order of slots. */
  readonly number: number;
  /** How many partitions there are. */
  readonly count: number;
  /** Where there are several, a text whose slot, within braces, is of this partition; empty where there is one. */
  readonly tag: string;
  /** Whether a key is of this partition. */
  holds(key: Bytes): boolean;
  /** The number of the partition that a key is of. */
  partitionOf(key: Bytes): number;
}

/** The first number behind another one that no other partition gives: what one cluster holds fits into another one as it is. */
export function idBehind(latest: number, { number, count }: Pick<Place, "number" | "count">): number {
  const next = latest + 1;
  return count === 1 ? next : next + ((((number - next) % count) + count) % count);
}

/** All keys there are: of a server without a cluster, and of a cluster with one partition. */
export const WHOLE: Place = { number: 0, count: 1, tag: "", holds: () => true, partitionOf: () => 0 };
