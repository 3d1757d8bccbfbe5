/** /mcp, driven by the client of the protocol's own library. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

const ORDER = {
  initial: "new",
  context: { total: 100 },
  states: {
    new: { on: { PAY: { target: "paid", guard: "event.amount >= context.total" }, CANCEL: "cancelled" } },
    paid: { on: { SHIP: "shipped" } },
    shipped: { type: "final" },
    cancelled: { type: "final" },
  },
};

async function opened(credentials?: string) {
  const server = await startTestServer({ http: true, config: { "http-mcp": true } });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "order:v1", ORDER);
  await client.call("SM.CREATE", "o1", "order");
  await client.call("ACL", "SETUSER", "viewer", "on", ">look", "%R~*", "alldefs", "+@read");
  const mcp = new Client({ name: "test", version: "1" });
  const headers: Record<string, string> =
    credentials === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  await mcp.connect(
    new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }),
  );
  onTestFinished(() => mcp.close());
  const call = async (name: string, input: Record<string, unknown>) => {
    const { content, isError = false } = await mcp.callTool({ name, arguments: input });
    const [first] = content as ReadonlyArray<{ readonly text: string }>;
    return { isError, value: JSON.parse(first?.text ?? "null") as unknown };
  };
  return { server, client, mcp, call };
}

describe("the Model Context Protocol", () => {
  test("has commands as tools, with what commands.json declares", async () => {
    const { mcp } = await opened();
    const { tools } = await mcp.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["sm_scan", "sm_why", "sm_send", "sm_history", "sm_migration_plan"]),
    );
    const send = tools.find(({ name }) => name === "sm_send");
    expect(send?.inputSchema).toMatchObject({
      properties: {
        key: { type: "string" },
        event: { type: "string" },
        ifrev: { type: "integer" },
        full: { type: "boolean" },
      },
      required: ["key", "event"],
    });
    const plan = tools.find(({ name }) => name === "sm_migration_plan");
    expect(Object.keys(plan?.inputSchema.properties ?? {})).toEqual(["from", "to", "map", "check"]);
    expect(tools.find(({ name }) => name === "sm_info")?.annotations).toEqual({ readOnlyHint: true });
  });

  test("finds, explains and moves a machine", async () => {
    const { client, call } = await opened();
    expect(await call("sm_scan", { cursor: "0", definition: "order", state: "new" })).toEqual({
      isError: false,
      value: ["0", ["o1"]],
    });
    expect((await call("sm_why", { key: "o1", event: "PAY", data: { amount: 1 } })).value).toMatchObject({
      verdict: "GUARD",
    });
    expect(await call("sm_send", { key: "o1", event: "PAY", data: { amount: 100 }, who: "agent" })).toEqual({
      isError: false,
      value: ["paid"],
    });
    expect(await client.call("SM.STATE", "o1")).toEqual(["paid"]);
    expect(JSON.stringify((await call("sm_history", { key: "o1", start: "-", end: "+" })).value)).toContain(
      "agent",
    );
  });

  test("returns a refusal as a result, with what is accepted", async () => {
    const { call } = await opened();
    expect(await call("sm_send", { key: "o1", event: "SHIP" })).toEqual({
      isError: true,
      value: { code: "ILLEGAL", detail: expect.stringContaining("'SHIP'"), accepted: ["PAY", "CANCEL"] },
    });
    expect(await call("sm_send", { key: "o1", event: "PAY", speed: 1 })).toMatchObject({
      isError: true,
      value: { detail: "sm_send has no argument 'speed'" },
    });
  });

  test("has the rights of its user", async () => {
    const { client, call } = await opened("viewer:look");
    expect((await call("sm_info", { key: "o1" })).isError).toBe(false);
    expect(await call("sm_send", { key: "o1", event: "CANCEL" })).toMatchObject({
      isError: true,
      value: { code: "NOPERM" },
    });
    expect(await client.call("SM.STATE", "o1")).toEqual(["new"]);
  });

  test("does not exist unless it is switched on", async () => {
    const server = await startTestServer({ http: true });
    onTestFinished(() => server.close());
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    expect((await request(server.url, "/mcp", { method: "POST", body })).status).toBe(404);
  });
});
