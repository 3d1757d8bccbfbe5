/** SM.WAIT: answers when a machine is where it is wanted. */
import { expect, onTestFinished, test } from "vitest";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const DOOR = {
  initial: "shut",
  states: {
    shut: { on: { OPEN: "open" } },
    open: { on: { SHUT: "shut", LOCK: "locked" } },
    locked: { type: "final" },
  },
};

async function door() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const [client, other] = [await server.client(), await server.client()];
  await client.call("SM.DEF", "CREATE", "door", JSON.stringify(DOOR));
  return { clock, client, other };
}

test("SM.WAIT replies at once when the condition holds", async () => {
  const { client } = await door();
  await client.call("SM.CREATE", "d", "door");
  expect(await client.call("SM.WAIT", "d", "STATE", "shut", 0)).toEqual(["shut"]);
  expect(await client.call("SM.WAIT", "d", "REV", 1, 0)).toEqual(["shut"]);
  expect(await client.call("SM.WAIT", "d", "STATUS", "active", 0)).toEqual(["shut"]);
});

test("SM.WAIT waits until a missing machine is created and reaches a state", async () => {
  const { client, other } = await door();
  const waiting = client.call("SM.WAIT", "d", "STATE", "open", 0);
  await other.call("SM.CREATE", "d", "door");
  await other.call("SM.SEND", "d", "OPEN");
  expect(await waiting).toEqual(["open"]);
  const done = client.call("SM.WAIT", "d", "STATUS", "done", 0);
  await other.call("SM.SEND", "d", "LOCK");
  expect(await done).toEqual(["locked"]);
});

test("SM.WAIT replies nil after its timeout, and within MULTI at once", async () => {
  const { client, other, clock } = await door();
  await client.call("SM.CREATE", "d", "door");
  const waiting = client.call("SM.WAIT", "d", "REV", 9, 50);
  await other.call("PING");
  clock.advance(50);
  expect(await waiting).toBeNull();
  await client.call("MULTI");
  await client.call("SM.WAIT", "d", "REV", 9, 50);
  expect(await client.call("EXEC")).toEqual([null]);
});

test("SM.WAIT refuses invalid conditions, statuses and timeouts", async () => {
  const { client } = await door();
  const refused = expect.any(ReplyFailure);
  expect(await client.call("SM.WAIT", "d", "PLACE", "x", 1)).toEqual(refused);
  expect(await client.call("SM.WAIT", "d", "STATUS", "open", 1)).toEqual(refused);
  expect(await client.call("SM.WAIT", "d", "STATE", "open", -1)).toEqual(refused);
});
