/** A thousand browsers that follow changes: each gets each change once, in order, and the server lets go of them when they leave. */
import { expect, onTestFinished, test } from "vitest";
import { EventClient } from "../support/event-client.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const FOLLOWERS = 1000;
const CHANGES = 20;

test("GET /api/v1/changes serves a thousand followers when machines change", async () => {
  const server = await startTestServer({ http: true });
  const client = await server.client();
  await define(client, "lamp:v1", {
    initial: "off",
    states: { off: { on: { PRESS: "on" } }, on: { on: { PRESS: "off" } } },
  });
  const followers: EventClient[] = [];
  onTestFinished(async () => {
    for (const follower of followers) follower.close();
    await server.close();
  });
  await client.call("SM.CREATE", "hall", "lamp");
  for (let at = 0; at < FOLLOWERS; at += 100) {
    const some = Array.from(
      { length: 100 },
      () => new EventClient(server.url, "/api/v1/changes?definition=lamp"),
    );
    followers.push(...some);
    await Promise.all(some.map((follower) => follower.ready()));
  }
  for (let i = 0; i < CHANGES; i += 1) await client.call("SM.SEND", "hall", "PRESS");
  await Promise.all(followers.map((follower) => follower.until(CHANGES)));
  const revs = Array.from({ length: CHANGES }, (_, at) => at + 2);
  for (const { events } of followers) expect(events.map(({ data }) => data["rev"])).toEqual(revs);
  const before = server.context.sessions.size;
  for (const follower of followers) follower.close();
  await expect
    .poll(() => server.context.sessions.size, { timeout: 20_000 })
    .toBeLessThanOrEqual(before - FOLLOWERS);
});
