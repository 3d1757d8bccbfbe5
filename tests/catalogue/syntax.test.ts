import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/json.ts";
import { CATALOGUE, deriveCatalogue, findByFullName } from "../../src/catalogue/catalogue.ts";
import { containerHelp } from "../../src/catalogue/help.ts";
import { syntaxLine } from "../../src/catalogue/syntax.ts";
import { simple } from "../../src/protocol/reply.ts";

describe("syntaxLine", () => {
  const line = (name: string) => {
    const command = findByFullName(CATALOGUE, name);
    return command && syntaxLine(command.declaration);
  };

  it.each([
    "PING [message]",
    "DEL key [key ...]",
    "MSET key value [key value ...]",
    "EXPIRE key seconds [NX | XX | GT | LT]",
    "COPY source destination [DB destination-db] [REPLACE]",
    "HELLO [protover [AUTH username password] [SETNAME clientname]]",
    "CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
    "CLIENT REPLY <ON | OFF | SKIP>",
    "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
    "SM.MUTATE key state [reason [FORCE]]",
  ])("writes %s when the arguments are so declared", (expected) => {
    const [first = "", second = ""] = expected.split(" ");
    expect(line(`${first}|${second}`) ?? line(first)).toBe(expected);
  });

  it("repeats the token when each value has one", () => {
    const prefix: JsonObject = {
      name: "prefix",
      type: "string",
      token: "PREFIX",
      optional: true,
      multiple: true,
    };
    const entry: JsonObject = { summary: "s", since: "1.0.0", group: "g", complexity: "O(1)", arity: -1 };
    const [command] = deriveCatalogue({
      X: { ...entry, arguments: [{ ...prefix, multiple_token: true }] },
    }).commands;
    expect(command && syntaxLine(command.declaration)).toBe("X [PREFIX prefix [PREFIX prefix ...]]");
  });
});

describe("containerHelp", () => {
  it("lists syntax and summary of each subcommand when asked about a container", () => {
    const { summary } = findByFullName(CATALOGUE, "config|get")?.declaration ?? {};
    const lines = containerHelp(CATALOGUE, "config");
    expect(lines).toContainEqual(simple("GET parameter [parameter ...]"));
    expect(lines).toContainEqual(simple(`    ${summary}`));
    expect(lines).toContainEqual(simple("HELP"));
    expect(lines).toHaveLength(11);
  });
});
