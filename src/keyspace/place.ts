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

/** All keys there are: of a server without a cluster, and of a cluster with one partition. */
export const WHOLE: Place = { number: 0, count: 1, tag: "", holds: () => true, partitionOf: () => 0 };
