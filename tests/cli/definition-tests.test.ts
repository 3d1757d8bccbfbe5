/** detent test: files, exit codes, coverage, JUnit XML. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/stores.ts";

const DEFINITION = {
  initial: "a",
  states: { a: { on: { GO: [{ guard: "event.n > 1", target: "b" }] } }, b: { type: "final" } },
};

function directoryWith(files: Readonly<Record<string, unknown>>) {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  return (name: string) => join(directory, name);
}

test("detent test ends with 0 when all pass, and reads JSON and YAML", async () => {
  const at = directoryWith({
    "d.json": DEFINITION,
    "a.json": {
      definition: "d.json",
      tests: [{ name: "goes", when: { send: "GO", data: { n: 2 } }, then: { state: "b" } }],
    },
    "b.yaml":
      "definition: d.json\ntests:\n  - name: stays\n    when: {send: GO, data: {n: 1}}\n    then: {refused: GUARD}\n",
  });
  const { code, out } = await cli("test", at("a.json"), at("b.yaml"), "--min-coverage", "100");
  expect(code).toBe(0);
  expect(out).toContain("Coverage of d.json: transitions 1 of 1 (100%), guard outcomes 2 of 2 (100%)");
  expect(out).toMatch(/\n2 tests, 2 passed, 0 failed$/);
});

test("detent test ends with 1 when a case fails, and writes JUnit XML", async () => {
  const at = directoryWith({
    "a.json": {
      definition: DEFINITION,
      tests: [
        { name: "is <b> & \u0001", then: { state: "b" } },
        { name: "ok", then: { state: "a" } },
      ],
    },
  });
  const { code, out } = await cli("test", at("a.json"), "--junit", at("junit.xml"));
  expect(code).toBe(1);
  expect(out).toContain("  FAILED is <b> & \u0001\n         state: expected 'b', it is 'a'\n  ok     ok");
  expect(readFileSync(at("junit.xml"), "utf8").replaceAll(at("a.json"), "a.json")).toBe(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="detent test" tests="2" failures="1" errors="0">',
      '  <testsuite name="a.json" tests="2" failures="1" errors="0">',
      '    <testcase classname="a.json" name="is &lt;b&gt; &amp; ">',
      "      <failure message=\"state: expected 'b', it is 'a'\">state: expected 'b', it is 'a'</failure>",
      "    </testcase>",
      '    <testcase classname="a.json" name="ok"/>',
      "  </testsuite>",
      "</testsuites>",
      "",
    ].join("\n"),
  );
});

test("detent test --quiet prints what has failed only", async () => {
  const at = directoryWith({
    "a.json": {
      definition: DEFINITION,
      tests: [
        { name: "bad", then: { state: "b" } },
        { name: "ok", then: { state: "a" } },
      ],
    },
  });
  const { out } = await cli("test", at("a.json"), "--quiet");
  expect(out.replaceAll(at("a.json"), "a.json")).toBe(
    "a.json:  FAILED bad\n         state: expected 'b', it is 'a'\n2 tests, 1 passed, 1 failed",
  );
});

test("detent test ends with 1 when coverage is too low", async () => {
  const at = directoryWith({
    "a.json": { definition: DEFINITION, tests: [{ name: "ok", then: { state: "a" } }] },
  });
  const { code, out } = await cli("test", at("a.json"), "--min-coverage", "50");
  expect(code).toBe(1);
  expect(out).toContain("is 0%, below the 50% asked for");
});

test.each<readonly [string, unknown, string]>([
  ["is not there", undefined, "cannot read '"],
  ["is not JSON", '{"definition": ', "is not JSON: "],
  ["is not YAML", "definition: [", "is not YAML: "],
  [
    "has an unknown key",
    { definition: DEFINITION, test: [] },
    '$.test: unknown key "test" in a file of tests; did you mean tests?',
  ],
  [
    "has a definition that does not compile",
    { definition: { initial: "x", states: { a: {} } } },
    "does not compile:\n  $.initial: ",
  ],
  ["names a definition that is not there", { definition: "gone.json" }, "cannot read '"],
])("detent test ends with 2 when a file %s", async (_, content, message) => {
  const at = directoryWith(content === undefined ? {} : { file: content });
  const { code, err } = await cli("test", at("file"));
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test("detent test ends with 2 when --min-coverage is not a percentage", async () => {
  const { code, err } = await cli("test", "x", "--min-coverage", "101");
  expect(code).toBe(2);
  expect(err).toContain("--min-coverage is a number from 0 to 100, not '101'");
});
