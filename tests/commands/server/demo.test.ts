/** SM.DEMO: machines that something happens to, for who looks at the server for the first time. */
import { describe, expect, onTestFinished, test } from "vitest";
import { DEMOS } from "../../../src/server/demo/demos.ts";
import { fields, scanAll } from "../../support/machines.ts";
import { ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServerOptions } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

async function opened(options: TestServerOptions = {}) {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock, ...options });
  onTestFinished(() => server.close());
  return { clock, server, client: await server.client() };
}

type Client = Awaited<ReturnType<typeof opened>>["client"];

async function changes(client: Client, definition: string): Promise<number> {
  const length = await client.call("XLEN", `sm:changes:${definition.replace(/:.*/, "")}`);
  return Number(length);
}

describe("SM.DEMO", () => {
  test.each(DEMOS.map((demo) => [demo.name, demo] as const))(
    "%s makes a hundred machines and sends them events in many states",
    async (name, demo) => {
      const { clock, client } = await opened();
      expect(fields(await client.call("SM.DEMO", name))).toEqual({
        definition: demo.made,
        keys: `demo:${name}:*`,
        machines: 100,
      });
      await expect
        .poll(async () => (await scanAll(client, "MATCH", `demo:${name}:*`)).length)
        .toBeGreaterThanOrEqual(100);
      for (const [id] of demo.definitions)
        expect(await client.call("SM.DEF", "GET", id)).toBeTypeOf("string");
      await expect.poll(() => changes(client, demo.made)).toBeGreaterThan(200);
      let before = await changes(client, demo.made);
      for (let round = 0; round < 5; round += 1) {
        // Each round begins when the one before has ended.
        await expect
          .poll(async () => {
            clock.advance(500);
            return changes(client, demo.made);
          })
          .toBeGreaterThan(before);
        before = await changes(client, demo.made);
      }
      const by = fields(await client.call("SM.COUNT", "DEF", demo.made, "BY", "STATE"));
      expect(Object.keys(by).length).toBeGreaterThan(3);
    },
  );

  test("STOP sends no further events and removes what it has made, and nothing else", async () => {
    const { client } = await opened();
    await client.call("SM.CREATE", "demo:mine");
    await client.call("SM.DEMO");
    await expect.poll(() => changes(client, "demo-order:v1")).toBeGreaterThan(200);
    expect(await client.call("SM.DEMO", "STOP")).toBe("OK");
    await expect.poll(() => client.call("SM.DEF", "LIST")).toEqual([]);
    expect(await scanAll(client)).toEqual(["demo:mine"]);
    await expect.poll(() => client.call("CLIENT", "LIST")).not.toContain("name=demo");
  });

  test("replaces the demo that runs, and ends with CLIENT KILL", async () => {
    const { client } = await opened();
    await client.call("SM.DEMO", "order");
    await client.call("SM.DEMO", "CHAT");
    await expect.poll(() => changes(client, "demo-booking:v1")).toBeGreaterThan(200);
    const lines = String(await client.call("CLIENT", "LIST")).split("\n");
    const demo = lines.filter((line) => line.includes("name=demo"));
    expect(demo).toHaveLength(1);
    const id = /id=(\d+)/.exec(demo[0] ?? "")?.[1] ?? "";
    expect(await client.call("CLIENT", "KILL", "ID", id)).toBe(1);
    expect(await client.call("CLIENT", "LIST")).not.toContain("name=demo");
  });

  test("has the rights of the user that asked, and no others", async () => {
    const { server, client } = await opened();
    await client.call(
      "ACL",
      "SETUSER",
      "u",
      "on",
      "nopass",
      "~demo:chat:*",
      "+sm.demo",
      "+sm.create",
      "+sm.state",
    );
    const other = await server.client();
    await other.call("AUTH", "u", "x");
    expect(await other.call("SM.DEMO", "chat")).not.toBeInstanceOf(ReplyFailure);
    await other.call("PING");
    expect(await client.call("SM.DEF", "LIST")).toEqual([]);
    expect(await client.call("DBSIZE")).toBe(0);
  });

  test("is refused when enable-demo is no, for an unknown name, and with further words", async () => {
    const { client } = await opened();
    expect(await client.call("SM.DEMO", "cars")).toEqual(
      new ReplyFailure("ERR there is no demo 'CARS': there are ORDER, DEVICE and CHAT; STOP ends one"),
    );
    expect(await client.call("SM.DEMO", "ORDER", "FAST")).toEqual(
      new ReplyFailure("ERR syntax error, there is no option 'FAST'; there are ORDER, DEVICE, CHAT, STOP"),
    );
    await client.call("CONFIG", "SET", "enable-demo", "no");
    expect(await client.call("SM.DEMO")).toEqual(
      new ReplyFailure("ERR SM.DEMO is switched off on this server (enable-demo no)"),
    );
  });
});
