/** The audit stream: who did what that is administrative or forced. */
import { expect, onTestFinished, test } from "vitest";
import { CATALOGUE } from "../../../src/catalogue/catalogue.ts";
import { AUDITED } from "../../../src/server/audit.ts";
import { freePort, takenPort } from "../../support/free-port.ts";
import { fields } from "../../support/machines.ts";
import { startTestServer } from "../../support/server.ts";

const LAMP = '{"initial":"off","states":{"off":{"on":{"PRESS":"on"}},"on":{}}}';

async function serve() {
  const server = await startTestServer({ config: { "sm-audit-stream": "audit" }, rehearses: true });
  onTestFinished(() => server.close());
  return server.client();
}

test("an audit entry has the user, the command and the result, and no password", async () => {
  const client = await serve();
  await client.call("ACL", "SETUSER", "ops", "on", ">sEcret", "~*", "+@all");
  await client.call("AUTH", "ops", "sEcret");
  await client.call("CONFIG", "SET", "requirepass", "sEcret2");
  await client.call("CONFIG", "SET", "nope", "x");
  await client.call("SM.SET", "m", '{"current":"a","map":{"a":["b"],"b":[],"c":[]},"initial":"a"}');
  await client.call("SM.MUTATE", "m", "b");
  await client.call("MULTI");
  await client.call("SM.MUTATE", "m", "c", "why", "FORCE");
  await client.call("EXEC");
  await client.call("GET", "m");
  const entries = (await client.call("XRANGE", "audit", "-", "+")) as never[][];
  const told = entries
    .map(([, entry]) => fields(entry as never))
    .map(({ user, command, args, outcome }) => [user, command, args, outcome].map(String));
  expect(told).toEqual([
    ["default", "acl|setuser", '["(redacted)","(redacted)","(redacted)","(redacted)","(redacted)"]', "OK"],
    ["ops", "config|set", '["requirepass","(redacted)"]', "OK"],
    [
      "ops",
      "config|set",
      '["nope","(redacted)"]',
      "ERR Unknown option or number of arguments for CONFIG SET - 'nope'",
    ],
    ["ops", "sm.mutate", '["m","c","why","FORCE"]', "OK"],
  ]);
});

test("a request that only asks is not audited, one with a reason that reads like that is", async () => {
  const client = await serve();
  await client.call("SM.DEF", "CREATE", "lamp:v1", LAMP);
  await client.call("SM.CREATE", "l1", "lamp");
  await client.call("SM.SEND", "l1", "PRESS");
  await client.call("SM.UNDO", "l1", "REV", "2", "PLAN");
  await client.call("SM.DEF", "IMPORT", "lamp", "YAML", LAMP, "CHECK");
  await client.exchange("SM.MIGRATION", "UNDO", "1", "CHECK");
  await client.exchange("SM.UNDO", "l1", "REV", "PLAN");
  await client.call("SM.UNDO", "l1", "REASON", "PLAN");
  const entries = (await client.call("XRANGE", "audit", "-", "+")) as never[][];
  const told = entries
    .map(([, entry]) => fields(entry as never))
    .map(({ command, args, outcome }) => [command, args, outcome].map(String));
  expect(told).toEqual([
    ["sm.def|create", JSON.stringify(["lamp:v1", LAMP]), "OK"],
    ["sm.undo", '["l1","REV","PLAN"]', expect.stringMatching(/^ERR/)],
    ["sm.undo", '["l1","REASON","PLAN"]', "OK"],
  ]);
});

test("a blocking request is audited when it begins and when it ends", async () => {
  const client = await serve();
  const [taken, free] = [await takenPort(), await freePort()];
  await client.call("CONFIG", "SET", "port", taken);
  await client.call("CONFIG", "SET", "port", free);
  const entries = (await client.call("XRANGE", "audit", "-", "+")) as never[][];
  const told = entries
    .map(([, entry]) => fields(entry as never))
    .map(({ command, args, outcome }) => [command, args, outcome].map(String));
  const failed =
    "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.";
  expect(told).toEqual([
    ["config|set", `["port","${taken}"]`, "begun"],
    ["config|set", `["port","${taken}"]`, failed],
    ["config|set", `["port","${free}"]`, "begun"],
    ["config|set", `["port","${free}"]`, "OK"],
  ]);
});

test("audited commands are refused while the stream cannot be written", async () => {
  const client = await serve();
  await client.call("SET", "audit", "x");
  expect((await client.exchange("FLUSHALL")).bytes.toString()).toMatch(
    /^-ERR the audit stream 'audit' cannot be written/,
  );
  expect(await client.call("DBSIZE")).toBe(1);
  await client.call("DEL", "audit");
  expect((await client.exchange("FLUSHALL")).bytes.toString()).toBe("+OK\r\n");
});

test("every administrative command is audited or read-only", () => {
  const shows =
    /(pfselftest|get|getuser|list|info|len|help|log|dryrun|users|doctor|latest|history|graph|histogram|stats|dump|usage|lastsave|role|save|monitor|keys|info|psync|sync|purge|malloc-stats|sort|sort_ro|migrate|failover|debug|exists)$/;
  const commands = CATALOGUE.commands.flatMap((command) => [command, ...command.subcommands.values()]);
  // They show something, or are always refused.
  const isRefused = (name: string) => name.startsWith("cluster|");
  const administrative = commands.filter(
    ({ aclCategories, subcommands }) => subcommands.size === 0 && aclCategories.includes("DANGEROUS"),
  );
  expect(
    administrative
      .map(({ name }) => name)
      .filter((name) => !AUDITED.has(name) && !shows.test(name) && !isRefused(name)),
  ).toEqual([]);
});
