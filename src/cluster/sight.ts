/** What a member makes of what it sees of the cluster. */
import type { Sight } from "./database.ts";
import type { ClusterFacts } from "./view.ts";

/** What the view shows: only what changes when the cluster does. */
export function factsOf({ members, partitions }: Sight): ClusterFacts {
  return {
    members,
    partitions: partitions.map(({ partition, firstSlot, lastSlot, ownerId, epoch }) => ({
      partition,
      firstSlot,
      lastSlot,
      ownerId,
      epoch,
    })),
  };
}

/** As a member's policy sees it: what is still its own in the database, and not held any more, is free for it. */
export function freedOf(sight: Sight, id: string, isHeld: (partition: number) => boolean): Sight {
  const partitions = sight.partitions.map((seen) =>
    seen.ownerId === id && !isHeld(seen.partition) ? { ...seen, ownerId: undefined } : seen,
  );
  return { ...sight, partitions };
}

/** What the next look will say, when a partition has been granted to a member. */
export function withOwner(facts: ClusterFacts, partition: number, id: string, epoch: number): ClusterFacts {
  const partitions = facts.partitions.map((known) =>
    known.partition === partition ? { ...known, epoch, ownerId: id } : known,
  );
  return { ...facts, partitions };
}
