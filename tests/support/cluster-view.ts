/** Views of a cluster for tests: the members have a letter each, and each view is one that a test writes. */
import {
  type ClusterMember,
  type ClusterPartition,
  ClusterState,
  SLOT_COUNT,
} from "../../src/cluster/view.ts";

export function memberId(letter: string): string {
  return letter.repeat(40);
}

export function member(letter: string, port: number, more: Partial<ClusterMember> = {}): ClusterMember {
  return { id: memberId(letter), host: "127.0.0.1", port, tlsPort: 0, isAlive: true, ...more };
}

/** One partition with all slots. */
export function partitionOf(owner: string | undefined, epoch = 1): ClusterPartition {
  const ownerId = owner === undefined ? undefined : memberId(owner);
  return { partition: 0, firstSlot: 0, lastSlot: SLOT_COUNT - 1, ownerId, epoch };
}

/** What a member sees, and whether it may serve. */
export function viewOf(
  letter: string,
  facts: {
    readonly members: readonly ClusterMember[];
    readonly owner: string | undefined;
    readonly epoch?: number;
  },
): ClusterState {
  const state = new ClusterState(memberId(letter), {
    members: facts.members,
    partitions: [partitionOf(facts.owner, facts.epoch)],
  });
  if (facts.owner === letter) state.serveUntil(0, Number.POSITIVE_INFINITY);
  return state;
}
