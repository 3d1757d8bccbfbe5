import { expect, test } from "vitest";
import { type SeenPartition, SharePolicy } from "../../src/cluster/shares.ts";

const TIMES = { graceMs: 300, steadyMs: 4000, giveEveryMs: 250 };

/** Partitions by their owners: "a" has it, "-" nobody does, "!a" nobody does since the lease of "a" has run out. */
function seen(owners: string): SeenPartition[] {
  return owners.split(" ").map((owner, partition) => ({
    partition,
    epoch: 1,
    ownerId: /^\w$/.test(owner) ? owner : undefined,
    lastOwnerId: owner.startsWith("!") ? owner.slice(1) : undefined,
  }));
}

/** What each member does when all of them have seen the same for a while. */
function decided(owners: string, takers: string, afterMs = 0): Record<string, string> {
  const facts = { takers: takers.split(" "), partitions: seen(owners) };
  return Object.fromEntries(
    facts.takers.map((id) => {
      const policy = new SharePolicy(id, TIMES);
      policy.decide(facts, 0);
      const { take, give } = policy.decide(facts, afterMs);
      return [id, [...take.map((one) => `+${one}`), ...(give === undefined ? [] : [`-${give}`])].join(" ")];
    }),
  );
}

test.each([
  ["one member takes all", "- - - -", "a", { a: "+0 +1 +2 +3" }],
  ["several divide what is free, each something else", "- - - - -", "a b", { a: "+0 +2 +4", b: "+1 +3" }],
  ["who has the fewest takes first", "a a - - b", "a b c", { a: "", b: "+3", c: "+2" }],
  ["the first by id takes what is left over", "a a b b -", "a b", { a: "+4", b: "" }],
  ["a dead member is given nothing, though it was seen", "!a !a b b", "a b c", { b: "", c: "+0 +1" }],
  ["what is owned stays", "a a b", "a b", { a: "", b: "" }],
  ["one partition is taken by one member", "-", "a b c", { a: "+0", b: "", c: "" }],
])("decide(): %s", (_name, owners, takers, expected) => {
  expect(decided(owners, takers)).toMatchObject(expected);
});

test("decide() takes what nobody has taken for a while, whoever it was for", () => {
  expect(decided("a a b b - -", "a b c", 299)).toEqual({ a: "", b: "", c: "+4 +5" });
  expect(decided("a a b b - -", "a b c", 300)).toEqual({ a: "+4 +5", b: "+4 +5", c: "+4 +5" });
});

test.each([
  ["the one with the most gives one", "a a a a b c", "a b c", { a: "-3", b: "", c: "" }],
  ["the first by id of those with the most gives", "a a a b b b", "a b c", { a: "-2", b: "", c: "" }],
  ["a difference of one stays", "a a b", "a b", { a: "", b: "" }],
  ["nobody gives while something is free", "a a a -", "a b", { a: "+3", b: "+3" }],
  ["one partition is never given", "a", "a b c", { a: "", b: "", c: "" }],
])("decide(): %s", (_name, owners, takers, expected) => {
  expect(decided(owners, takers, TIMES.steadyMs)).toEqual(expected);
});

test("decide() gives nothing before the members have been the same for a while", () => {
  const policy = new SharePolicy("a", TIMES);
  const facts = (takers: string) => ({ takers: takers.split(" "), partitions: seen("a a a a") });
  expect(policy.decide(facts("a"), 0).give).toBeUndefined();
  expect(policy.decide(facts("a b"), 10_000).give).toBeUndefined();
  expect(policy.decide(facts("a b"), 13_999).give).toBeUndefined();
  // One that comes and goes is given nothing.
  expect(policy.decide(facts("a"), 14_000).give).toBeUndefined();
  expect(policy.decide(facts("a b"), 15_000).give).toBeUndefined();
  expect(policy.decide(facts("a b"), 19_000).give).toBe(3);
});

test("decide() gives one at a time", () => {
  const policy = new SharePolicy("a", TIMES);
  const facts = (owners: string) => ({ takers: ["a", "b"], partitions: seen(owners) });
  policy.decide(facts("a a a a a a"), 0);
  expect(policy.decide(facts("a a a a a a"), 4000).give).toBe(5);
  expect(policy.decide(facts("a a a a a a"), 4100).give).toBeUndefined();
  expect(policy.decide(facts("a a a a a -"), 4300)).toEqual({ take: [], give: undefined });
  expect(policy.decide(facts("a a a a a b"), 4400).give).toBe(4);
  expect(policy.decide(facts("a a a a b b"), 5000).give).toBe(3);
  expect(policy.decide(facts("a a a b b b"), 6000).give).toBeUndefined();
});

test("decide() does nothing for a member that takes nothing", () => {
  const policy = new SharePolicy("a", TIMES);
  const facts = { takers: ["b"], partitions: seen("a a - -") };
  expect(policy.decide(facts, 0)).toEqual({ take: [], give: undefined });
  expect(policy.decide(facts, 9000)).toEqual({ take: [], give: undefined });
});
