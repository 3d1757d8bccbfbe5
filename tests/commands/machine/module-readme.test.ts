/** The example of the module's own description, step by step, with the replies that it promises. */
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../../support/server.ts";

test("the example of redis-state-machine runs as it is described", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const client = await server.client();
  const template = '{"current":"","map":{},"initial":""}';
  expect(await client.call("SM.TEMPLATE")).toBe(template);
  expect(await client.call("SM.SET", "mymachine", template.replace('"initial":""', '"initial":"foo"'))).toBe(
    "OK",
  );
  expect(await client.call("SM.GET", "mymachine")).toBe('{"current":"foo","map":{},"initial":"foo"}');

  // json.dumps of Python writes a space behind commas and colons.
  const filled = '{"current": "", "map": {"bar": ["blee", "boo"], "boo": ["blee"]}, "initial": "bar"}';
  expect(await client.call("SM.SET", "mystatemachine", filled)).toBe("OK");
  expect(await client.call("SM.MUTATE", "mystatemachine", "notastate")).toBeNull();
  expect(await client.call("SM.MUTATE", "mystatemachine", "blee")).toBe("OK");
  expect(await client.call("SM.GET", "mystatemachine")).toBe(
    '{"current":"blee","map":{"bar":["blee","boo"],"boo":["blee"]},"initial":"bar"}',
  );
});
