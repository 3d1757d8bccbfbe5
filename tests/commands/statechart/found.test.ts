/** Inputs that were once answered wrongly, each a case of its own kind. */
import { expect, test } from "vitest";
import { FOUND_CASES, mismatch, play } from "../../support/found-cases.ts";
import { startTestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

test.each(FOUND_CASES)("$name: $kind", async ({ name, steps }) => {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  const client = await server.client();
  await client.call("HELLO", "3");
  for (const step of steps) {
    if ("sleep" in step) {
      clock.advance(step.sleep);
      continue;
    }
    const reply = await play(client, name, step.cmd);
    const problem = step.want === undefined ? undefined : mismatch(name, reply, step.want);
    expect(problem, step.cmd.join(" ")).toBeUndefined();
  }
  expect(await client.call("SM.VERIFY")).toEqual([]);
  await server.close();
});
