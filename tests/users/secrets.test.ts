/** Passwords are shown nowhere: MONITOR, the slow log, the ACL log, INFO, CLIENT LIST, the audit stream, metrics, the log, `ps`. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { argumentsFrom, commandLineWithoutSecrets } from "../../src/process-title.ts";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { request } from "../support/http.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const SECRET = "hunter2";
const PASSWORD = "s3cret";

/** Requests that hold a password: right ones and slips of the pen, alone and within others. */
const REQUESTS: ReadonlyArray<readonly string[]> = [
  ["AUTH", SECRET],
  ["AUTH", "u", SECRET],
  ["AUTH", "u", SECRET, "more"],
  ["HELLO", "2", "AUTH", "u", SECRET],
  ["HELLO", "2", "SETNAME", "x", "AUTH", "u", SECRET],
  ["ACL", "SETUSER", "u", "on", `>${SECRET}`, "+@all", "~*"],
  ["ACL", "SETUSER", "u", SECRET],
  ["ACL", "SETUSER", "u", `(>${SECRET}`, "+get)"],
  ["ACL", "SETUSER", "u", `<${SECRET}x`],
  ["ACL", "DRYRUN", "default", "AUTH", "u", SECRET],
  ["ACL", "DRYRUN", "default", "ACL", "SETUSER", "u", `>${SECRET}`],
  ["ACL", "DRYRUN", "default", "COMMAND", "GETKEYS", "AUTH", "u", SECRET],
  ["COMMAND", "GETKEYS", "AUTH", "u", SECRET],
  ["COMMAND", "GETKEYSANDFLAGS", "CONFIG", "SET", "requirepass", SECRET],
  ["CONFIG", "SET", "tls-key-file-pass", SECRET],
  ["CONFIG", "SET", "requirepas", SECRET],
  ["CONFIG", "SET", "maxclients", "100", "tls-key-file-pass", SECRET],
  ["CONFIG", "SET", "tls-key-file-pass", SECRET, "maxclients", "x"],
  ["CONFIG", "SET", "tls-key-file-pass"],
];

test("no surface shows the password of a request", { timeout: 60_000 }, async () => {
  const [port, httpPort] = [await freePort(), await freePort()];
  const program = startProgram({
    args: [
      ...["--port", String(port), "--http-port", String(httpPort), "--dir", temporaryDirectory()],
      ...["--bind", "127.0.0.1", "--loglevel", "debug", "--requirepass", PASSWORD],
      ...["--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000", "--sm-audit-stream", "audit"],
    ],
  });
  await program.printed(/Ready to accept connections/);
  const client = async () => {
    const one = await TestClient.connect(port);
    await one.call("AUTH", PASSWORD);
    return one;
  };
  const watcher = await client();
  await watcher.call("MONITOR");
  const lines: string[] = [];
  const watch = async () => {
    for (;;) lines.push((await watcher.next()).bytes.toString());
  };
  const watching = watch().catch(() => undefined);
  for (const words of REQUESTS) {
    for (const isQueued of [false, true]) {
      const one = await client();
      if (isQueued) await one.call("MULTI");
      await one.exchange(...words);
      if (isQueued) await one.exchange("EXEC");
      await one.close();
    }
  }
  const url = `http://127.0.0.1:${httpPort}`;
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
  });
  await request(url, "/api/v1/login", { method: "POST", body: { user: "u", password: SECRET } });
  await request(url, "/api/v1/login", { method: "POST", body: { user: "nobody", password: SECRET } });
  await request(url, "/metrics", { headers: basic("nobody", SECRET) });
  await request(url, "/metrics", { headers: { authorization: `Bearer ${SECRET}` } });
  const admin = await client();
  const surfaces: ReadonlyArray<readonly string[]> = [
    ["SLOWLOG", "GET", "-1"],
    ["ACL", "LOG", "100"],
    ["ACL", "LIST"],
    ["INFO", "everything"],
    ["CLIENT", "LIST"],
    ["XRANGE", "audit", "-", "+"],
    ["LATENCY", "DOCTOR"],
  ];
  for (const words of surfaces) {
    const shown = (await admin.exchange(...words)).bytes.toString();
    for (const secret of [SECRET, PASSWORD]) expect(shown, words.join(" ")).not.toContain(secret);
  }
  const metrics = await request(url, "/metrics", { headers: basic("default", PASSWORD) });
  expect(metrics.status).toBe(200);
  const commandLine = readFileSync(`/proc/${program.child.pid}/cmdline`, "utf8");
  const others = [metrics.body, program.output(), lines.join(""), commandLine];
  for (const shown of others) {
    for (const secret of [SECRET, PASSWORD]) expect(shown).not.toContain(secret);
  }
  expect(lines.length).toBeGreaterThan(REQUESTS.length);
  expect(argumentsFrom(commandLine)).toContain(String(port));
  program.child.kill();
  await Promise.all([program.ended, watching]);
});

describe("commandLineWithoutSecrets()", () => {
  test.each<readonly [string[], string]>([
    [
      ["--port", "1", "--requirepass", "pw", "--dir", "/d d"],
      'detent --port 1 --requirepass *** --dir "/d d"',
    ],
    [["--requirepass pw"], 'detent "--requirepass ***"'],
    [["detent.conf", "--tls-key-file-pass", 'p"w'], "detent detent.conf --tls-key-file-pass ***"],
    [["--user", "u", "on", ">pw", "~*", "--port", "2"], "detent --user u on >*** ~* --port 2"],
    [["--user", "u on >pw ~*"], 'detent --user "u on >*** ~*"'],
    [["coverage", "x", "--url", "redis://u:pw@host/0"], "detent coverage x --url redis://u:***@host/0"],
  ])("hides what is secret in %j", (argv, shown) => {
    expect(commandLineWithoutSecrets(argv)).toBe(shown);
    expect(argumentsFrom(`${shown}\0\0\0`)).toHaveLength(argv.length);
  });

  test("leaves a command line without secrets as it is", () => {
    expect(commandLineWithoutSecrets(["--port", "1", "--user", "u", "on", "nopass"])).toBeUndefined();
    expect(commandLineWithoutSecrets(["backup", "to", "--url", "redis://host:6379"])).toBeUndefined();
  });

  test("argumentsFrom() finds the arguments behind an init and an interpreter", () => {
    const words = ["tini", "--", "node", "/app/dist/main.js", "--port", "7"];
    expect(argumentsFrom(`${words.join("\0")}\0`)).toEqual(["--port", "7"]);
  });
});
