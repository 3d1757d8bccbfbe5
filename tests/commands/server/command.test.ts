import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/catalogue/catalogue.ts";
import { ACL_HANDLERS } from "../../../src/commands/acl/handlers.ts";
import type { Call, Handler } from "../../../src/commands/handler.ts";
import { SERVER_HANDLERS } from "../../../src/commands/server/handlers.ts";
import { isWait } from "../../../src/commands/wait.ts";
import type { Reply } from "../../../src/protocol/reply.ts";
import { ReplyWriter } from "../../../src/protocol/reply-writer.ts";
import { validateReply } from "../../support/reply-schema.ts";
import { decodeReply } from "../../support/resp-decoder.ts";

/** The reply of a handler that looks at nothing but its arguments and the catalogue. */
function run(...words: string[]): Reply {
  const name = words.slice(0, 2).join("|").toUpperCase();
  const handler: Handler | undefined = [...SERVER_HANDLERS, ...ACL_HANDLERS].find((one) => one.name === name);
  if (handler === undefined) throw new Error(`no handler for ${name}`);
  const call: Partial<Call> = {
    args: words.map((word) => Buffer.from(word)),
    // The rest of the server is not there: a handler that looks at it fails here.
    server: { catalogue: CATALOGUE } as Call["server"],
  };
  const reply = handler.run(call as Call);
  if (isWait(reply)) throw new Error(`${name} waits`);
  return reply;
}

describe("COMMAND", () => {
  it("describes every command but subcommands when asked for all", () => {
    const all = run("COMMAND");
    expect(all).toHaveLength(CATALOGUE.commands.length);
    expect(run("COMMAND", "INFO")).toEqual(all);
    expect(run("COMMAND", "COUNT")).toBe(CATALOGUE.commands.length);
  });

  it.each<[string, readonly string[]]>([
    ["command", ["COMMAND"]],
    ["command|info", ["COMMAND", "INFO", "nope", "get"]],
    ["command|docs", ["COMMAND", "DOCS"]],
    ["command|list", ["COMMAND", "LIST"]],
    ["command|getkeys", ["COMMAND", "GETKEYS", "mget", "a", "b"]],
    ["command|getkeysandflags", ["COMMAND", "GETKEYSANDFLAGS", "rename", "a", "b"]],
    ["acl|cat", ["ACL", "CAT"]],
  ])("%s replies as commands.json declares it when sent in either protocol", (name, words) => {
    for (const protocol of [2, 3] as const) {
      const writer = new ReplyWriter();
      writer.write(run(...words), protocol);
      const decoded = decodeReply(Buffer.concat(writer.take()));
      validateReply(name, decoded?.value ?? null, protocol);
    }
  });

  it("COMMAND INFO and DOCS look at the names behind the subcommand when there are some", () => {
    expect(run("COMMAND", "INFO", "nope")).toEqual([null]);
    expect(run("COMMAND", "DOCS", "nope")).toEqual({ kind: "map", entries: [] });
    expect(run("COMMAND", "DOCS", "Get")).toMatchObject({ entries: [["get", {}]] });
  });

  it("COMMAND GETKEYS finds keys when the command has some", () => {
    expect(run("COMMAND", "GETKEYS", "mset", "a", "1", "b", "2")).toEqual([
      Buffer.from("a"),
      Buffer.from("b"),
    ]);
    expect(run("COMMAND", "GETKEYSANDFLAGS", "sm.state", "k")).toMatchObject([
      [Buffer.from("k"), { kind: "set" }],
    ]);
  });

  it.each([
    [["nope", "k"], "ERR Invalid command specified"],
    [["sm.template"], "ERR The command has no key arguments"],
    [["get"], "ERR Invalid number of arguments specified for command"],
  ])("COMMAND GETKEYS refuses %j when it cannot have keys", (request, message) => {
    expect(() => run("COMMAND", "GETKEYS", ...request)).toThrow(message);
    expect(() => run("COMMAND", "GETKEYSANDFLAGS", ...request)).toThrow(message);
  });

  it.each([
    [["MODULE", "redisstate"], /^SM\./],
    [["module", "other"], /^never$/],
    [["ACLCAT", "transaction"], /^(discard|exec|multi|unwatch|watch)$/],
    [["PATTERN", "CONFIG|*"], /^config\|/],
    [["PATTERN", "sm.*"], /^SM\./],
  ])("COMMAND LIST FILTERBY %j gives just the names that pass", (filter, names) => {
    const all = run("COMMAND", "LIST") as readonly string[];
    expect(run("COMMAND", "LIST", "filterby", ...filter)).toEqual(all.filter((name) => names.test(name)));
  });

  it.each([
    [["FILTERBY"]],
    [["FILTERBY", "MODULE"]],
    [["FILTERBY", "X", "a"]],
    [["x", "MODULE", "a"]],
    [["FILTERBY", "MODULE", "a", "b"]],
  ])("COMMAND LIST %j is a syntax error when it is no filter", (filter) => {
    expect(() => run("COMMAND", "LIST", ...filter)).toThrow("ERR syntax error");
  });

  it("COMMAND HELP names the subcommands when asked", () => {
    expect(run("COMMAND", "HELP")).toContainEqual({
      kind: "simple",
      text: "INFO [command-name [command-name ...]]",
    });
  });
});

describe("ACL", () => {
  it("ACL CAT lists categories, or the commands of one when it is named in any case", () => {
    expect(run("ACL", "CAT")).toContain("statemachine");
    expect(run("ACL", "CAT", "Transaction")).toContain("exec");
    expect(() => run("ACL", "CAT", "nope")).toThrow("ERR Unknown category 'nope'");
  });

  it("ACL HELP names the subcommands when asked", () => {
    expect(run("ACL", "HELP")).toContainEqual({ kind: "simple", text: "CAT [category]" });
  });
});
