import { expect, test } from "vitest";
import { Takeovers } from "../../src/cluster/takeovers.ts";

const ALL = { take: [0, 1, 2, 3, 4, 5], give: undefined };

/** Takes over as many as it may, and returns what ends each: whether it was in time. */
function begun(takeovers: Takeovers): ((isInTime: boolean) => Promise<void>)[] {
  return takeovers.limited(ALL).take.map(() => {
    let end: (isInTime: boolean) => void = () => undefined;
    const passed = takeovers.pass(
      () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    );
    return async (isInTime) => {
      end(isInTime);
      await passed;
    };
  });
}

const roomOf = (takeovers: Takeovers) => takeovers.limited(ALL).take.length;

test("limited() leaves partitions that cannot be read yet to other members", async () => {
  const takeovers = new Takeovers();
  expect(takeovers.limited(ALL).take).toEqual([0, 1, 2, 3]);
  const [first] = begun(takeovers);
  expect(roomOf(takeovers)).toBe(0);
  await first?.(true);
  expect(roomOf(takeovers)).toBe(1);
});

test("limited() takes fewer when leases have ended before partitions were read, and more when they are", async () => {
  const takeovers = new Takeovers();
  for (const end of begun(takeovers)) await end(false);
  const rooms: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    rooms.push(roomOf(takeovers));
    for (const end of begun(takeovers)) await end(true);
  }
  expect(rooms).toEqual([1, 2, 4]);
});

test("pass() lets partitions that were granted nevertheless wait for their turn", async () => {
  const takeovers = new Takeovers();
  const ends = begun(takeovers);
  let isRead = false;
  const late = takeovers.pass(async () => {
    isRead = true;
    return true;
  });
  await undefined;
  expect(isRead).toBe(false);
  await ends[0]?.(true);
  await late;
  expect(isRead).toBe(true);
});
