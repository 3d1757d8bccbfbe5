/**
 * The replies of the real redis-state-machine module, to be met in `sm-compat module`. Each case runs on a server of
 * its own, in RESP2 and in RESP3.
 */
import { describe, expect, test } from "vitest";
import { CATALOGUE, findCommand } from "../../src/catalogue/catalogue.ts";
import { HANDLERS } from "../../src/commands/registry.ts";
import { GOLDEN_CASES, type GoldenCase, type Step } from "./golden-cases.ts";
import { difference } from "./golden-compare.ts";
import { play } from "./golden-server.ts";

/** Cases that wait for a command, by the command. A case leaves the list when its command comes. */
const PENDING: Readonly<Record<string, readonly string[]>> = {
  LOLWUT: ["conn/LOLWUT"],
};

/** Cases that Detent answers otherwise on purpose: its reply, and why. */
const DELIBERATE: Readonly<Record<string, { readonly reply: RegExp; readonly why: string }>> = {
  "command/GETKEYS sm.get k": {
    reply: /^\*1\r\n\$1\r\nk\r\n$/,
    why: "the module does not declare the keys it reads",
  },
  "command/GETKEYS sm.state k": {
    reply: /^\*1\r\n\$1\r\nk\r\n$/,
    why: "the module does not declare the keys it reads",
  },
  "command/GETKEYSANDFLAGS sm.get": {
    reply: /^\*1\r\n\*2\r\n\$1\r\nk\r\n/,
    why: "the module does not declare the keys it reads",
  },
  "command/GETKEYS sm.template": {
    reply: /^-ERR The command has no key arguments\r\n$/,
    why: "as Redis 7.2 answers",
  },
  "command/GETKEYS sm.mutate": {
    reply: /^-ERR Invalid number of arguments specified for command\r\n$/,
    why: "the module takes any number of arguments",
  },
  "acl/CAT": {
    reply: /^\*22\r\n(?:\$\d+\r\n[a-z]+\r\n){21}\$12\r\nstatemachine\r\n$/,
    why: "the commands of machines have a category of their own",
  },
  "acl/SM.GET ignores key permissions (no key spec)": {
    reply: /^-NOPERM No permissions to access a key\r\n$/,
    why: "the module does not declare the keys it reads, so that anyone may read them",
  },
  "acl/SM.MUTATE key denied": {
    reply: /^-NOPERM No permissions to access a key\r\n$/,
    why: "in the words of Redis 7.2; these are of 7.0",
  },
  "acl/category write": {
    reply: /^\+OK\r\n$/,
    why: "the commands of the module are in no category of Redis; ours are",
  },
  "acl/allkeys minus": {
    reply: /^-NOPERM User u has no permissions to run the 'SM.MUTATE' command\r\n$/,
    why: "in the words of Redis 7.2; these are of 7.0",
  },
  "raw/proto nul inline": {
    reply: /^-ERR unknown command 'PI'/,
    why: "Redis does not see the end of a line behind a zero byte, and never answers",
  },
};

const PENDING_IDS = new Map(
  Object.entries(PENDING).flatMap(([command, ids]) => ids.map((id) => [id, command] as const)),
);

/** The commands of a case that have no handler; what the module does not know either is none. */
function missingCommands(golden: GoldenCase): string[] {
  const steps: Step[] = [...(golden.setup ?? []), ...(golden.cleanup ?? []), golden.cmd ?? []];
  const missing = new Set<string>();
  for (const step of steps) {
    const [head = "", ...rest] = step;
    if (head === "@sleep" || head === "@raw") continue;
    const words = (String(head).startsWith("@") ? rest : step).map((word) =>
      Buffer.from(String(word), "latin1"),
    );
    const [name = Buffer.alloc(0)] = words;
    const command = findCommand(CATALOGUE, words);
    const isKnown = command !== undefined && HANDLERS.has(command.declaration.name);
    if (!isKnown && isAnswered(golden, name.toString("latin1")))
      missing.add(command?.declaration.name ?? name.toString());
  }
  return [...missing];
}

/** False where the case measures a refusal that comes before the command is run. */
function isAnswered(golden: GoldenCase, name: string): boolean {
  return name !== "" && !/unknown (sub)?command|wrong number of arguments/.test(golden.resp2);
}

const PROTOCOLS = HANDLERS.has("HELLO") ? ([2, 3] as const) : ([2] as const);

describe.each(PROTOCOLS)("RESP%i", (protocol) => {
  test.each(GOLDEN_CASES.map((golden) => [golden.id, golden] as const))("%s", async (id, golden) => {
    if (missingCommands(golden).length > 0) return;
    const played = await play(golden, protocol);
    const setup = (protocol === 2 ? golden.setup_resp2 : golden.setup_resp3) ?? [];
    const differences = setup.map((reply, i) => difference(golden, reply ?? "", played.setup[i] ?? ""));
    expect(differences.filter((text) => text !== undefined)).toEqual([]);
    const deliberate = DELIBERATE[id];
    if (deliberate !== undefined) {
      expect(played.reply, deliberate.why).toMatch(deliberate.reply);
      return;
    }
    expect(difference(golden, protocol === 2 ? golden.resp2 : golden.resp3, played.reply)).toBeUndefined();
    expect(played.pushed).toBe((protocol === 2 ? golden.conn2_resp2 : golden.conn2_resp3) ?? "");
    expect(played.isClosed).toBe(golden.closed ?? false);
  });
});

test("the only cases without their command are those that are listed", () => {
  const waiting = GOLDEN_CASES.flatMap((golden) => {
    const [missing] = missingCommands(golden);
    return missing === undefined ? [] : [[golden.id, missing] as const];
  });
  expect(new Map(waiting)).toEqual(PENDING_IDS);
});

test("the cases are those that were recorded", () => {
  expect(GOLDEN_CASES).toHaveLength(569);
});
