import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/json.ts";
import { CATALOGUE, deriveCatalogue, findByFullName } from "../../src/commands/catalogue.ts";
import { catalogueMarkdown, syntaxLine } from "./commands-markdown.ts";

describe("catalogueMarkdown", () => {
  it("gives docs/commands.md when commands.json is as it is (`npm run docs` brings it up to date)", async () => {
    await expect(catalogueMarkdown(CATALOGUE)).toMatchFileSnapshot("../../docs/commands.md");
  });
});

describe("syntaxLine", () => {
  const line = (name: string) => {
    const command = findByFullName(CATALOGUE, name);
    return command && syntaxLine(command.declaration);
  };

  it.each([
    "PING [message]",
    "DEL key [key …]",
    "MSET key value [key value …]",
    "EXPIRE key seconds [NX | XX | GT | LT]",
    "COPY source destination [DB destination-db] [REPLACE]",
    "HELLO [protover [AUTH username password] [SETNAME clientname]]",
    "CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id …]]",
    "CLIENT REPLY <ON | OFF | SKIP>",
    "COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
    "SM.MUTATE key state [reason [FORCE]]",
  ])("writes %s when the arguments are so declared", (expected) => {
    const [first = "", second = ""] = expected.split(" ");
    expect(line(`${first}|${second}`) ?? line(first)).toBe(expected);
  });

  it("repeats the token when it comes with each value", () => {
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
    expect(command && syntaxLine(command.declaration)).toBe("X [PREFIX prefix [PREFIX prefix …]]");
  });
});
