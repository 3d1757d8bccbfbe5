/** Which of two faults `sm-compat module` answers, where a request has both: the module looks at the option last. */
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../../support/server.ts";

const MAP = '{"current":"a","map":{"a":["b"],"b":[]},"initial":"a","reason":""}';

test.each([
  ["a target that is not listed", ["a", "r", "BAD"], "-Invaild state transition\r\n"],
  ["a state that there is not", ["z", "r", "BAD"], "-Invaild state transition\r\n"],
  ["a target that is listed", ["b", "r", "BAD"], "-Invaild command option\r\n"],
])("SM.MUTATE answers %s before an option that is none", async (_, args, reply) => {
  const server = await startTestServer({ config: { "sm-compat": "module" } });
  onTestFinished(() => server.close());
  const client = await server.client();
  await client.call("SM.SET", "k", MAP);
  expect((await client.exchange("SM.MUTATE", "k", ...args)).bytes.toString()).toBe(reply);
  expect(await client.call("SM.STATE", "k")).toEqual(["a"]);
});
