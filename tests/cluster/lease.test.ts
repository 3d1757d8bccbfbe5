import { expect, test } from "vitest";
import { Lease, type LeaseOrder } from "../../src/cluster/lease.ts";

const TIMES = { leaseMs: 2000, marginMs: 300, everyMs: 600, answerMs: 500, retryMs: 100 };

function requestOf(orders: readonly LeaseOrder[]) {
  const order = orders.find(({ kind }) => kind === "ask");
  if (order?.kind !== "ask") throw new Error(`nothing is asked: ${JSON.stringify(orders)}`);
  return order.request;
}

/** A lease that was granted at 20, asked for at 10. */
function holding(): Lease {
  const lease = new Lease(TIMES);
  const look = requestOf(lease.tick(0));
  const take = requestOf(lease.answered(look.id, { granted: false, epoch: 4, freeInMs: 0 }, 10));
  expect(take).toMatchObject({ kind: "take", epoch: 4, sentAtMs: 10 });
  expect(lease.answered(take.id, { granted: true, epoch: 5 }, 20)).toEqual([{ kind: "begin", epoch: 5 }]);
  return lease;
}

test("a member takes a free partition, and serves from before it asked until the margin", () => {
  const lease = holding();
  expect(lease.untilMs).toBe(10 + 2000 - 300);
  expect(lease.wakeAtMs).toBe(10 + 600);
});

test("a renewal that is granted prolongs the lease from when it was asked for", () => {
  const lease = holding();
  const renewal = requestOf(lease.tick(610));
  expect(renewal.kind).toBe("renew");
  expect(lease.answered(renewal.id, { granted: true, epoch: 5 }, 900)).toEqual([]);
  expect(lease.untilMs).toBe(610 + 1700);
});

test("a member stops by itself when no renewal gets through", () => {
  const lease = holding();
  const renewal = requestOf(lease.tick(610));
  expect(lease.failed(renewal.id, 700)).toEqual([]);
  expect(lease.wakeAtMs).toBe(800);
  lease.tick(800);
  expect(lease.tick(1300)).toEqual([{ kind: "drop" }]);
  lease.tick(1400);
  expect(lease.tick(1710)).toEqual([{ kind: "end", why: "expired" }]);
  expect(lease.isHolding).toBe(false);
});

test("an answer that comes when the lease has run out ends it, whatever it says", () => {
  const lease = holding();
  const renewal = requestOf(lease.tick(610));
  const orders = lease.answered(renewal.id, { granted: true, epoch: 5 }, 5000);
  expect(orders).toEqual([{ kind: "end", why: "expired" }]);
});

test("a lease that has ended asks for nothing until it is wanted", () => {
  const lease = holding();
  expect(lease.tick(1710)).toEqual([{ kind: "end", why: "expired" }]);
  expect(lease.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  expect(requestOf(lease.want(5, 1720))).toMatchObject({ kind: "take", epoch: 5 });
});

test("a grant that comes too late to serve by is asked for anew", () => {
  const lease = new Lease({ ...TIMES, answerMs: 5000 });
  const look = requestOf(lease.tick(0));
  const take = requestOf(lease.answered(look.id, { granted: false, epoch: 4, freeInMs: 0 }, 10));
  const orders = lease.answered(take.id, { granted: true, epoch: 5 }, 1800);
  expect(orders).toEqual([
    { kind: "ask", request: { kind: "take", id: take.id + 1, sentAtMs: 1800, epoch: 5 } },
  ]);
});

test("a member asks again when the lease of the owner is to end, and every so often", () => {
  const lease = new Lease(TIMES);
  const look = requestOf(lease.tick(0));
  lease.answered(look.id, { granted: false, epoch: 4, freeInMs: 1500 }, 10);
  expect(lease.wakeAtMs).toBe(610);
  const second = requestOf(lease.tick(610));
  lease.answered(second.id, { granted: false, epoch: 4, freeInMs: 200 }, 620);
  expect(lease.wakeAtMs).toBe(820);
});

test("a renewal that is refused, and a store that is fenced, end the lease", () => {
  const refused = holding();
  const renewal = requestOf(refused.tick(610));
  const orders = refused.answered(renewal.id, { granted: false, epoch: 6, freeInMs: 900 }, 620);
  expect(orders).toEqual([{ kind: "end", why: "taken" }]);
  const fenced = holding();
  expect(fenced.lost(30)).toEqual([{ kind: "end", why: "lost" }]);
  // What the store has met may meet the next one as well: it waits for a moment.
  expect(fenced.want(5, 40)).toEqual([]);
  expect(requestOf(fenced.tick(130)).kind).toBe("take");
});

test("answers to other requests than the one under way are dropped", () => {
  const lease = holding();
  const renewal = requestOf(lease.tick(610));
  lease.failed(renewal.id, 620);
  expect(lease.answered(renewal.id, { granted: true, epoch: 5 }, 630)).toEqual([]);
  expect(lease.failed(renewal.id, 640)).toEqual([]);
  expect(lease.untilMs).toBe(1710);
  expect(lease.wakeAtMs).toBe(720);
});

test("a member that leaves releases what it has, until it is confirmed, and asks for nothing further", () => {
  const lease = holding();
  const orders = lease.release(Number.POSITIVE_INFINITY, 100);
  expect(orders).toMatchObject([{ kind: "end", why: "released" }, { kind: "ask" }]);
  const first = requestOf(orders);
  lease.failed(first.id, 110);
  const second = requestOf(lease.tick(210));
  expect(second.kind).toBe("release");
  const answer = { granted: false, epoch: 5, freeInMs: 0 } as const;
  expect(lease.answered(second.id, answer, 220)).toEqual([{ kind: "released" }]);
  expect(lease.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  expect(lease.tick(230)).toEqual([]);
});

test("a member that cannot work leaves the partition to others for a while", () => {
  const lease = holding();
  const release = requestOf(lease.release(3000, 100));
  lease.answered(release.id, { granted: false, epoch: 5, freeInMs: 0 }, 110);
  expect(lease.wakeAtMs).toBe(3110);
  expect(requestOf(lease.tick(3110)).kind).toBe("take");
});

test("a lease that is idle asks for nothing until it is wanted", () => {
  const lease = new Lease(TIMES);
  lease.idle();
  expect(lease.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  expect(lease.tick(1000)).toEqual([]);
  const take = requestOf(lease.want(7, 2000));
  expect(take).toMatchObject({ kind: "take", epoch: 7 });
  // A take that is under way may still be granted.
  lease.idle();
  expect(lease.answered(take.id, { granted: true, epoch: 8 }, 2010)).toEqual([{ kind: "begin", epoch: 8 }]);
  expect(requestOf(lease.tick(2600)).kind).toBe("renew");
});

test("a lease that is wanted again after a refusal asks at once where the epoch is news", () => {
  const lease = new Lease(TIMES);
  lease.idle();
  const take = requestOf(lease.want(7, 0));
  expect(lease.answered(take.id, { granted: false, epoch: 8, freeInMs: 900 }, 10)).toEqual([]);
  expect(lease.want(8, 20)).toEqual([]);
  expect(requestOf(lease.want(9, 30))).toMatchObject({ kind: "take", epoch: 9 });
});

test("a lease is released before it is wanted again", () => {
  const lease = holding();
  const release = requestOf(lease.release(Number.POSITIVE_INFINITY, 100));
  expect(lease.want(5, 105)).toEqual([]);
  lease.answered(release.id, { granted: false, epoch: 5, freeInMs: 0 }, 110);
  expect(requestOf(lease.want(5, 120)).kind).toBe("take");
});

test("tick() asks earlier than need be where others ask at the same moment", () => {
  const lease = holding();
  expect(lease.tick(500, 100)).toEqual([]);
  expect(requestOf(lease.tick(510, 100)).kind).toBe("renew");
});
