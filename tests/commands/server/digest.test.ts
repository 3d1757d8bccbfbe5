/** DEBUG DIGEST tells what a store holds, and not how that came to be. */
import { expect, test } from "vitest";
import { startTestServer } from "../../support/server.ts";

const NUMBERS = Array.from({ length: 3000 }, (_, index) => index);
const BACKWARDS = NUMBERS.toReversed();

/** The digest of a server that has been given a request. */
async function digestAfter(...request: readonly (string | number)[]): Promise<string> {
  const server = await startTestServer({ config: { "enable-debug-command": "yes" } });
  const client = await server.client();
  expect(await client.call(...request)).toBe(NUMBERS.length);
  const digest = String(await client.call("DEBUG", "DIGEST"));
  await server.close();
  return digest;
}

test("DEBUG DIGEST of a large list does not depend on how its elements were added", async () => {
  const digest = await digestAfter("RPUSH", "key", ...NUMBERS);
  expect(await digestAfter("LPUSH", "key", ...BACKWARDS)).toBe(digest);
  expect(await digestAfter("RPUSH", "key", ...BACKWARDS)).not.toBe(digest);
});

test("DEBUG DIGEST of a large sorted set does not depend on how its members were added", async () => {
  const scored = (number: number) => [number, `member${number}`];
  const digest = await digestAfter("ZADD", "key", ...NUMBERS.flatMap(scored));
  expect(await digestAfter("ZADD", "key", ...BACKWARDS.flatMap(scored))).toBe(digest);
  const others = NUMBERS.flatMap((number) => [number + 0.5, `member${number}`]);
  expect(await digestAfter("ZADD", "key", ...others)).not.toBe(digest);
});
