/** Commands about the server that Redis answers with what only Redis has. */
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function connected() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  return { client: await server.client(), clock };
}

test("MODULE LIST shows the module whose commands are built in", async () => {
  const { client } = await connected();
  const fields = ["name", "redisstate", "ver", 1, "path", "", "args", []];
  expect(await client.call("MODULE", "LIST")).toEqual([fields]);
  await client.call("HELLO", "3");
  const module = new Map<string, unknown>([
    ["name", "redisstate"],
    ["ver", 1],
    ["path", ""],
    ["args", []],
  ]);
  expect(await client.call("MODULE", "LIST")).toEqual([module]);
});

test("SAVE and BGSAVE sync earlier writes to disk, and LASTSAVE returns the time", async () => {
  const { client, clock } = await connected();
  await client.call("SET", "k", "v");
  const before = Number(await client.call("LASTSAVE"));
  clock.jump(5000);
  expect(await client.call("SAVE")).toBe("OK");
  expect(await client.call("LASTSAVE")).toBe(before + 5);
  clock.jump(5000);
  expect(await client.call("BGSAVE")).toBe("Background saving started");
  expect(await client.call("BGSAVE", "SCHEDULE")).toBe("Background saving started");
  expect(await client.call("LASTSAVE")).toBe(before + 10);
});
