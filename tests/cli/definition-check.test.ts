/** detent check: exit codes, what is left out, tests and failures that are written and run again. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/stores.ts";

const SOUND = {
  initial: "a",
  states: { a: { on: { GO: [{ guard: "event.n > 1", target: "b" }] } }, b: { type: "final" } },
};
const COUNT = {
  initial: "a",
  context: { n: 0 },
  invariants: [{ name: "small", expr: "context.n < 3" }],
  states: {
    a: { on: { ADD: { actions: [{ assign: { n: "context.n + 1" } }] }, END: "b" } },
    b: { type: "final" },
  },
};
const RISING = {
  initial: "a",
  context: { n: 0 },
  states: { a: { on: { ADD: { actions: [{ assign: { n: "context.n + 1" } }] }, NOTE: { actions: [] } } } },
};

function directoryWith(files: Readonly<Record<string, unknown>>) {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), JSON.stringify(content));
  return (name: string) => join(directory, name);
}

test("detent check ends with 0 where nothing is wrong, and writes tests that pass and cover all", async () => {
  const at = directoryWith({ "d.json": SOUND });
  const { code, out } = await cli("check", at("d.json"), "--write-tests", at("made.test.yaml"));
  expect(out).toMatch(/d\.json: \d+ situations and \d+ moves explored, all that were found\nno findings$/);
  expect(code).toBe(0);
  expect(readFileSync(at("made.test.yaml"), "utf8")).toMatch(/^definition: d\.json\n/);
  const run = await cli("test", at("made.test.yaml"), "--min-coverage", "100");
  expect(run.code).toBe(0);
});

test("detent check ends with 1 where something is wrong, shows the shortest way, and writes it as a test that fails", async () => {
  const at = directoryWith({ "d.json": COUNT });
  const { code, out } = await cli("check", at("d.json"), "--failures", at("failures"));
  expect(code).toBe(1);
  expect(out).toContain(
    "  error invariant $.invariants: a step can break 'small: context.n < 3 (context.n = 3)'\n      in a\n      ADD: a\n      ADD: a\n      ADD: refused with INVARIANT\n1 error",
  );
  const files = readdirSync(at("failures"));
  expect(files).toEqual(["d-invariant-1.test.yaml"]);
  const run = await cli("test", join(at("failures"), files[0] ?? ""));
  expect(run.code).toBe(1);
  expect(run.out).toContain("ADD: refused, INVARIANT small");
  writeFileSync(at("d.json"), JSON.stringify({ ...COUNT, invariants: [] }));
  expect((await cli("test", join(at("failures"), files[0] ?? ""))).code).toBe(0);
});

test("detent check --ignore leaves out findings of a kind", async () => {
  const at = directoryWith({ "d.json": COUNT });
  expect((await cli("check", at("d.json"), "--ignore", "invariant")).code).toBe(0);
});

test("detent check reads properties and events of a file of tests", async () => {
  const at = directoryWith({
    "d.json": SOUND,
    "t.json": {
      definition: "d.json",
      events: ["GO", "STOP"],
      properties: [{ name: "stays", never: "'b' in state" }],
    },
  });
  const { out } = await cli("check", at("t.json"));
  expect(out).toContain("warning unheard $: clients send 'STOP', and no state takes it");
  expect(out).toContain("error property $: 'stays' does not hold: 'b' in state is true");
});

test("detent check walks at random beyond what it explores, and repeats the walk for the same seed", async () => {
  const at = directoryWith({
    "t.json": { definition: RISING, properties: [{ always: "context.n < 8" }] },
  });
  const args = ["check", at("t.json"), "--situations", "3", "--random", "500", "--seed", "7"];
  const { out } = await cli(...args);
  expect(out).toContain("others were left out");
  expect(out).toContain("(--seed 7)");
  expect(out.match(/ADD: a/g)).toHaveLength(8);
  expect((await cli(...args)).out).toBe(out);
});

test.each<readonly [readonly string[], string]>([
  [["--ignore", "nonsense"], "there is no kind of finding 'nonsense'; kinds are definition, "],
  [["--situations", "many"], "--situations is a whole number, not 'many'"],
  [["y", "--write-tests", "z"], "--write-tests takes one definition at a time"],
])("detent check %j ends with 2", async (args, message) => {
  const { code, err } = await cli("check", "x", ...args);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
