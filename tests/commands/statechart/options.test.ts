/** Options of the state machine commands: each once, unless it says that it repeats. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CATALOGUE } from "../../../src/catalogue/catalogue.ts";
import type { Argument as Declared } from "../../../src/catalogue/declaration.ts";
import type { Argument, TestClient } from "../../support/client.ts";
import { define, rows } from "../../support/machines.ts";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

/** Paying and shipping go on side by side. */
const ORDER = {
  initial: "open",
  states: {
    open: {
      type: "parallel",
      onDone: "end",
      states: {
        pay: { initial: "due", states: { due: { on: { PAY: "paid" } }, paid: { type: "final" } } },
        ship: {
          initial: "pack",
          states: { pack: { on: { PACKED: "box" } }, box: { on: { GO: "gone" } }, gone: { type: "final" } },
        },
      },
    },
    end: { type: "final" },
  },
};

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer();
  client = await server.client();
  await define(client, "order", ORDER);
});

afterEach(() => server.close());

const call = (...args: readonly Argument[]): Promise<Decoded> => client.call(...args);

describe("an option that is given twice", () => {
  test.each<readonly [string, readonly Argument[]]>([
    ["ID", ["SM.SEND", "k", "PAY", "ID", "1", "ID", "2"]],
    ["BY", ["SM.SEND", "k", "PAY", "{}", "BY", "a", "REASON", "r", "by", "b"]],
    ["SEQ", ["SM.SEND", "k", "PAY", "SEQ", "s", 1, "SEQ", "t", 2]],
    ["FULL", ["SM.SEND", "k", "PAY", "FULL", "FULL"]],
    ["CONTEXT", ["SM.CREATE", "k", "order", "CONTEXT", "{}", "CONTEXT", "{}"]],
    ["NX", ["SM.CREATE", "k", "order", "NX", "NX"]],
    ["EX", ["SM.CREATE", "k", "order", "EX", 1, "EX", 1]],
    ["STATE", ["SM.SCAN", 0, "STATE", "a", "STATE", "b"]],
    ["COUNT", ["SM.SCAN", 0, "COUNT", 1, "COUNT", 2]],
    ["DEF", ["SM.COUNT", "DEF", "order", "DEF", "order"]],
    ["BY", ["SM.COUNT", "BY", "STATE", "BY", "STATUS"]],
    ["REV", ["SM.HISTORY", "k", "-", "+", "REV", "REV"]],
    ["TASK", ["SM.REQUEUE", "ALL", "TASK", "a", "TASK", "b"]],
  ])("is refused: %s in %j", async (option, command) => {
    await call("SM.CREATE", "k", "order");
    expect(await call(...command)).toEqual(new ReplyFailure(`ERR the option ${option} is given twice`));
    expect(await call("SM.STATE", "k")).toEqual(["open.pay.due", "open.ship.pack"]);
  });
});

/** Each option that commands.json declares for a command, as the words that give it once; those that repeat left out. */
function optionsOf(declared: readonly Declared[]): string[][] {
  return declared.flatMap((one) => {
    if (one.isMultipleToken) return [];
    if (one.token !== undefined) return [[one.token, ...valuesOf(one)]];
    return optionsOf(one.parts);
  });
}

function valuesOf(one: Declared): string[] {
  if (one.type === "pure-token") return [];
  if (one.type === "block") return one.parts.flatMap(valuesOf);
  return [one.type === "oneof" ? (one.parts[0]?.token ?? "") : "1"];
}

/** Words that have a place of their own: there is none for a second one. */
const BY_POSITION = new Set(["SM.GET", "SM.STATE", "SM.MUTATE", "SM.DEF|GRAPH", "SM.DEF|IMPORT", "SM.WAIT"]);

/** What stands before the options of each command that has any. */
const BEFORE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "SM.COUNT": [],
  "SM.CREATE": ["new", "order"],
  "SM.DEF|GRAPH": ["order"],
  "SM.DEF|IMPORT": ["new"],
  "SM.GET": ["k"],
  "SM.HISTORY": ["k", "-", "+"],
  "SM.INFO": ["k"],
  "SM.MIGRATE": ["k", "order"],
  "SM.MIGRATION|LIST": [],
  "SM.MIGRATION|PLAN": ["order", "order:v1"],
  "SM.MIGRATION|START": ["order", "order:v1"],
  "SM.MIGRATION|STATUS": ["1"],
  "SM.MIGRATION|UNDO": ["1"],
  "SM.MIGRATION|WHATIF": ["order", "order:v2"],
  "SM.MUTATE": ["k", "end", "reason"],
  "SM.DEMO": [],
  "SM.OVERDUE": ["0"],
  "SM.PATCH": ["k", "{}"],
  "SM.REPLAY": ["k"],
  "SM.REQUEUE": ["1-1"],
  "SM.SCAN": ["0"],
  "SM.SEND": ["k", "PAY"],
  "SM.STATE": ["k"],
  "SM.STREAMS": [],
  "SM.UNDO": ["k"],
  "SM.WAIT": ["k"],
  "SM.WHY": ["k", "PAY"],
};

const DECLARED = CATALOGUE.commands
  .flatMap((command) => [command, ...command.subcommands.values()])
  .filter(({ name }) => name.startsWith("SM."))
  .map(({ declaration }) => ({ name: declaration.name, options: optionsOf(declaration.arguments) }))
  .filter(({ options }) => options.length > 0);

test("the cases have each state machine command with options", () => {
  const tried = [...Object.keys(BEFORE_OPTIONS)].sort();
  // ALL of SM.REQUEUE is written in place of the ids.
  expect(DECLARED.map(({ name }) => name).sort()).toEqual(tried);
});

test.each(
  DECLARED.flatMap(({ name, options }) =>
    options.filter(([word]) => word !== "ALL").map((option) => [name, option] as const),
  ),
)("%s refuses %j when it is given twice", async (name, option) => {
  await call("SM.CREATE", "k", "order");
  const words = [...(BEFORE_OPTIONS[name] ?? []), ...option, ...option];
  const reply = await call(...name.split("|"), ...words, ...(name === "SM.WAIT" ? ["1"] : []));
  expect(reply).toBeInstanceOf(ReplyFailure);
  if (!BY_POSITION.has(name))
    expect(reply).toEqual(new ReplyFailure(`ERR the option ${option[0]} is given twice`));
  expect(await call("SM.STATE", "k")).toEqual(["open.pay.due", "open.ship.pack"]);
  expect(await call("EXISTS", "new")).toBe(0);
});

describe("SM.CREATE with several STATE", () => {
  test("starts in the configuration they build", async () => {
    const states = ["STATE", "open.pay.paid", "BY", "import", "STATE", "open.ship.box"];
    expect(await call("SM.CREATE", "k", "order", ...states)).toBe("OK");
    expect(await call("SM.STATE", "k")).toEqual(["open.pay.paid", "open.ship.box"]);
    expect(rows(await call("SM.HISTORY", "k", "-", "+"))).toMatchObject([{ kind: "create", by: "import" }]);
    expect(await call("SM.SEND", "k", "GO")).toEqual(["end"]);
  });

  test("takes several states behind one STATE", async () => {
    const states = ["STATE", "open.pay.paid", "open.ship.box", "BY", "import"];
    expect(await call("SM.CREATE", "k", "order", ...states)).toBe("OK");
    expect(await call("SM.STATE", "k")).toEqual(["open.pay.paid", "open.ship.box"]);
    expect(await call("SM.CREATE", "k", "order", "STATE", "open", "CONTEXTT", "{}")).toEqual(
      new ReplyFailure("NOSTATE there is no state 'CONTEXTT' to start in"),
    );
    const document = (await call("SM.DEF", "GET", "order")) as string;
    await call("SM.DEF", "CREATE", "order:v2", `${document} `);
    expect(await call("SM.MIGRATE", "k", "order:v2", "STATE", "open.pay.due", "open.ship.box")).toBe(2);
    expect(await call("SM.STATE", "k")).toEqual(["open.pay.due", "open.ship.box"]);
  });

  test("enters the initial states of the regions that none of them names", async () => {
    expect(await call("SM.CREATE", "k", "order", "STATE", "open", "STATE", "open.ship.box")).toBe("OK");
    expect(await call("SM.STATE", "k")).toEqual(["open.pay.due", "open.ship.box"]);
  });

  test.each([
    [
      ["open.pay.due", "open.pay.paid"],
      "a machine cannot start in 'open.pay.due' and 'open.pay.paid' at once",
    ],
    [["open.ship.box", "end"], "a machine cannot start in 'open' and 'end' at once"],
    [
      ["open.pay.paid", "open.ship.bx"],
      "there is no state 'open.ship.bx' to start in; did you mean 'open.ship.box'?",
    ],
  ])("refuses %j, which are no configuration", async (states, why) => {
    const reply = await call("SM.CREATE", "k", "order", ...states.flatMap((state) => ["STATE", state]));
    expect(reply).toEqual(new ReplyFailure(`NOSTATE ${why}`));
    expect(await call("EXISTS", "k")).toBe(0);
  });
});
