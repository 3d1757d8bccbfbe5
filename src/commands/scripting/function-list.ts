/** FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]: the libraries and what is in them. */
import { globMatcher } from "../../base/glob.ts";
import { allLibraries, type StoredFunction, type StoredLibrary } from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { token } from "../arguments.ts";
import type { Handler } from "../handler.ts";

export const functionList = {
  name: "FUNCTION|LIST",
  run: ({ args, databases }) => {
    const { pattern, withCode } = parseOptions(args);
    const matches =
      pattern === undefined ? () => true : globMatcher(pattern.toString("latin1"), { ignoreCase: true });
    return [...allLibraries(databases.transaction)]
      .filter(({ name }) => matches(name))
      .map((library) => described(library, withCode));
  },
} as const satisfies Handler;

function parseOptions(args: readonly Buffer[]) {
  let pattern: Buffer | undefined;
  let withCode = false;
  for (let at = 2; at < args.length; at += 1) {
    const word = token(args[at]);
    if (word === "WITHCODE" && !withCode) withCode = true;
    else if (word === "LIBRARYNAME" && pattern === undefined) {
      at += 1;
      pattern = args[at];
      if (pattern === undefined) throw errors.libraryNameNotGiven();
    } else throw errors.functionListArgument(args[at] ?? "");
  }
  return { pattern, withCode };
}

function described({ name, functions, code }: StoredLibrary, withCode: boolean): Reply {
  const entries: Array<readonly [Reply, Reply]> = [
    [text("library_name"), text(name)],
    [text("engine"), text("LUA")],
    [text("functions"), functions.map(describedFunction)],
  ];
  if (withCode) entries.push([text("library_code"), code]);
  return { kind: "map", entries };
}

function describedFunction({ name, description, flags }: StoredFunction): Reply {
  return {
    kind: "map",
    entries: [
      [text("name"), text(name)],
      [text("description"), description === undefined ? null : text(description)],
      [text("flags"), { kind: "set", items: flags.map((flag) => ({ kind: "simple", text: flag })) }],
    ],
  };
}

function text(characters: string): Buffer {
  return Buffer.from(characters, "latin1");
}
