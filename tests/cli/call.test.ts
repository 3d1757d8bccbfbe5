/** detent call against a server that runs, and against redis-cli. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ReplyReader } from "../../src/remote/reply-reader.ts";
import { missing, outputOf } from "../clients/external.ts";
import { cli, cliReading, runningCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

let server: TestServer;
let url: string;

beforeAll(async () => {
  server = await startTestServer({ config: { requirepass: "se cret" } });
  url = `redis://:se%20cret@127.0.0.1:${server.port}`;
});

afterAll(() => server.close());

const call = (...args: readonly string[]) => cli("call", "--url", url, ...args);

describe("detent call", () => {
  test("prints the strings of a reply alone unless it writes to a terminal", async () => {
    expect(await call("ECHO", 'a "b"')).toEqual({ code: 0, out: 'a "b"', err: "" });
    expect((await call("--raw", "MGET", "none", "none")).out).toBe("\n");
  });

  test("takes everything after the command as an argument of it", async () => {
    expect((await call("ECHO", "--raw")).out).toBe("--raw");
    expect((await call("INCRBY", "n", "-3")).out).toBe("-3");
  });

  test("takes standard input as the last argument with -x", async () => {
    const definition = '{"initial":"a","states":{"a":{}}}\n';
    const made = await cliReading(definition, "call", "--url", url, "-x", "SM.DEF", "CREATE", "call-d");
    expect(made).toEqual({ code: 0, out: "call-d:v1", err: "" });
  });

  test("ends with 1 when the reply is an error", async () => {
    const { code, out } = await call("--no-raw", "SM.STATE");
    expect({ code, out }).toEqual({
      code: 1,
      out: "(error) ERR wrong number of arguments for 'SM.STATE' command",
    });
  });

  test("sends the lines of standard input, and goes on after a line that fails", async () => {
    const lines = ["SET line 'a b'", "", "GET line", "GET 'line", "NOSUCH", "GET line"].join("\n");
    const { code, out, err } = await cliReading(lines, "call", "--url", url, "--no-raw");
    expect(out.split("\n")).toEqual([
      "OK",
      '"a b"',
      "(error) ERR unknown command 'NOSUCH', with args beginning with: ",
      '"a b"',
    ]);
    expect({ code, err }).toEqual({ code: 1, err: "Unbalanced quotes" });
  });

  test("ends the lines at 'exit'", async () => {
    const { code, out } = await cliReading("ECHO 1\nexit\nECHO 2\n", "call", "--url", url);
    expect({ code, out }).toEqual({ code: 0, out: "1" });
  });

  test("prints messages of a subscription until it is stopped", async () => {
    const client = await server.client();
    await client.call("AUTH", "se cret");
    const running = runningCli("call", "--url", url, "SUBSCRIBE", "news");
    await expect.poll(() => running.out).toEqual(["subscribe\nnews\n1"]);
    await client.call("PUBLISH", "news", "hello");
    await expect.poll(() => running.out.at(-1)).toBe("message\nnews\nhello");
    running.stop();
    expect((await running.ended).code).toBe(0);
  });

  test("connects again after the server has closed the connection", async () => {
    const lines = "CLIENT KILL TYPE normal SKIPME no\nECHO b\nECHO c\n";
    const { out } = await cliReading(lines, "call", "--url", url);
    expect(out.split("\n").at(-1)).toBe("c");
  });

  test("ends with 0 when SHUTDOWN closes the connection", async () => {
    const port = await freePort();
    const program = startProgram({ args: ["--port", String(port), "--dir", temporaryDirectory()] });
    await program.printed(/Ready to accept connections/);
    const { code, out, err } = await cli("call", "--url", `redis://127.0.0.1:${port}`, "SHUTDOWN");
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: "" });
    expect(await program.ended).toBe(0);
  });

  test.each([
    [["--raw", "--no-raw", "PING"], 2, "--raw and --no-raw exclude each other"],
    [["-x"], 2, "-x needs a command"],
    [["--rwa", "PING"], 2, "there is no option --rwa; did you mean --raw?"],
  ])("refuses %j", async (args, code, message) => {
    const refused = await call(...args);
    expect(refused.code).toBe(code);
    expect(refused.err).toContain(message);
  });

  test("says that the password is wrong, and that no server listens", async () => {
    const wrong = await cli("call", "--url", url.replace("se%20cret", "x"), "PING");
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("WRONGPASS");
    const nobody = await cli("call", "--url", "redis://127.0.0.1:1", "PING");
    expect(nobody.code).toBe(1);
    expect(nobody.err).toContain("cannot connect to 127.0.0.1:1");
  });
});

const reason = missing("redis-cli", "redis-cli", "--version");

describe.skipIf(reason !== undefined)(
  `detent call prints what redis-cli does${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    test.each([
      ["status", ["PING"]],
      ["integer", ["DBSIZE"]],
      ["null", ["GET", "none"]],
      ["empty list", ["KEYS", "none"]],
      ["escapes", ["ECHO", 'a"\\\n\t\x07\bü']],
      ["error", ["GET"]],
      [
        "nested lists of ten and more",
        ["COMMAND", "INFO", ..."get set del ttl mget mset echo ping info eval".split(" ")],
      ],
      ["report of several lines", ["CLIENT", "INFO"]],
    ])("%s", async (_kind, args) => {
      const redisCli = ["-p", String(server.port), "-a", "se cret", "--no-auth-warning", "--no-raw"];
      const wanted = (await outputOf("redis-cli", [...redisCli, ...args])).trimEnd();
      const { out } = await call("--no-raw", ...args);
      const masked = (text: string) => text.replace(/(?:id|addr|laddr|fd|name|lib-name|lib-ver)=\S*/g, "");
      if (args[0] === "CLIENT") expect(masked(out).length).toBeGreaterThan(0);
      else expect(out).toBe(wanted);
      expect(out.startsWith('"id=')).toBe(wanted.startsWith('"id='));
    });
  },
);

test("ReplyReader gives whole replies when bytes arrive one by one", () => {
  const reader = new ReplyReader();
  const found = [];
  for (const byte of Buffer.from("*3\r\n*2\r\n$2\r\nab\r\n:1\r\n*0\r\n$-1\r\n+OK\r\n")) {
    reader.push(Buffer.of(byte));
    for (let reply = reader.next(); reply !== undefined; reply = reader.next()) found.push(reply);
  }
  expect(found).toEqual([
    {
      kind: "list",
      items: [
        {
          kind: "list",
          items: [
            { kind: "string", bytes: Buffer.from("ab") },
            { kind: "integer", text: "1" },
          ],
        },
        { kind: "list", items: [] },
        { kind: "null" },
      ],
    },
    { kind: "status", text: "OK" },
  ]);
});
