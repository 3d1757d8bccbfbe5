import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";

test("renameCommands() gives a command another name, and takes one away", async () => {
  const server = await startTestServer({
    config: {
      "rename-command": [
        { from: "GET", to: "fetch" },
        { from: "FLUSHALL", to: "" },
      ],
    },
  });
  onTestFinished(() => server.close());
  const client = await server.client();
  await client.call("SET", "k", "v");
  const raw = async (...args: string[]) => (await client.exchange(...args)).bytes.toString();
  expect(await raw("FETCH", "k")).toBe("$1\r\nv\r\n");
  expect(await raw("GET", "k")).toBe("-ERR unknown command 'GET', with args beginning with: 'k' \r\n");
  expect(await raw("FLUSHALL")).toMatch(/^-ERR unknown command 'FLUSHALL'/);
  expect(await raw("COMMAND", "INFO", "flushall")).toBe("*1\r\n$-1\r\n");
});
