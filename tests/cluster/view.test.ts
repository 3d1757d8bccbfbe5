import { expect, test, vi } from "vitest";
import { type ClusterFacts, type ClusterMember, ClusterState, SLOT_COUNT } from "../../src/cluster/view.ts";

const OWN = "a".repeat(40);
const OTHER = "b".repeat(40);

function member(id: string): ClusterMember {
  return { id, host: "127.0.0.1", port: 6379, tlsPort: 0, isAlive: true };
}

function ownedBy(ownerId: string | undefined, epoch = 1): ClusterFacts {
  return {
    members: [member(OTHER), member(OWN)],
    partitions: [{ partition: 0, firstSlot: 0, lastSlot: SLOT_COUNT - 1, ownerId, epoch }],
  };
}

test("ownerOf() gives the member that owns the partition of the slot", () => {
  const view = new ClusterState(OWN, ownedBy(OTHER));
  expect(view.ownerOf(0)).toEqual(member(OTHER));
  expect(view.ownerOf(SLOT_COUNT - 1)).toEqual(member(OTHER));
  expect(view.ownsSlot(5)).toBe(false);
});

test("ownerOf() gives nothing when no one owns the slot, or the owner is not known", () => {
  expect(new ClusterState(OWN, ownedBy(undefined)).ownerOf(1)).toBeUndefined();
  expect(new ClusterState(OWN, ownedBy("c".repeat(40))).ownerOf(1)).toBeUndefined();
  expect(new ClusterState(OWN).ownerOf(1)).toBeUndefined();
});

test("isServing() ends with the moment that was given, whoever owns the slots", () => {
  const view = new ClusterState(OWN, ownedBy(OWN));
  expect(view.ownsSlot(7)).toBe(true);
  expect(view.isServing(0, 0)).toBe(false);
  view.serveUntil(0, 100);
  expect([view.isServing(0, 99), view.isServing(0, 100)]).toEqual([true, false]);
});

test("update() calls the listeners when something is new, and only then", () => {
  const view = new ClusterState(OWN, ownedBy(OWN));
  const listener = vi.fn();
  const end = view.onChange(listener);
  view.update(ownedBy(OWN));
  expect(listener).toHaveBeenCalledTimes(0);
  view.update(ownedBy(OTHER, 2));
  expect(listener).toHaveBeenCalledTimes(1);
  expect(view.epoch).toBe(2);
  end();
  view.update(ownedBy(OWN, 3));
  expect(listener).toHaveBeenCalledTimes(1);
});

test("members are in the order of their ids", () => {
  expect(new ClusterState(OWN, ownedBy(OWN)).members.map(({ id }) => id)).toEqual([OWN, OTHER]);
});
