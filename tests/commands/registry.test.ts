import { describe, expect, test } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { HANDLERS } from "../../src/commands/registry.ts";

/** Every entry that can run: a container runs only through its subcommands. */
const ENTRIES = CATALOGUE.commands.flatMap((command) =>
  command.subcommands.size === 0 ? [command] : [...command.subcommands.values()],
);

/** Containers that can be called without a subcommand. */
const CALLABLE_CONTAINERS = new Set(["COMMAND"]);

describe("HANDLERS", () => {
  test("has a handler for every entry of commands.json", () => {
    const names = ENTRIES.map(({ declaration }) => declaration.name);
    expect(names.filter((name) => !HANDLERS.has(name))).toEqual([]);
  });

  test("has no handler without an entry in commands.json", () => {
    const names = new Set(ENTRIES.map(({ declaration }) => declaration.name));
    const strays = [...HANDLERS.keys()].filter((name) => !names.has(name) && !CALLABLE_CONTAINERS.has(name));
    expect(strays).toEqual([]);
  });

  test("is named after its command in every file", () => {
    for (const [name, handler] of HANDLERS) expect(handler.name).toBe(name);
  });
});
