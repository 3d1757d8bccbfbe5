/** The table of durable.js: every function of its reference is there once, linked to a session that the tests run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sectionsOf } from "./headings.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(DOCS, "from-durable.md"), "utf8");

/** What the reference lists, by section of the page. */
const REFERENCE: Readonly<Record<string, readonly string[]>> = {
  "Programs and promises": [
    "run",
    "addPromiseExtension",
    "promise",
    "continueWith",
    "elseContinue",
    "tryCondition",
    "checkpoint",
    "idle",
    "suspend",
  ],
  "Messages and timers": [
    "receive",
    "tryReceive",
    "post",
    "effective",
    "expire",
    "id",
    "delay",
    "startTimer",
    "tryTimer",
  ],
  Events: ["waitAnyEvent", "waitAny", "waitAllEvents", "waitAll", "tryEvents", "$and", "$or"],
  Streams: [
    "startStreams",
    "tryJoinStreams",
    "waitAllStreams",
    "waitAnyStream",
    "yours",
    "theirs",
    "merge",
    "map",
    "tryReduce",
    "mapReduce",
  ],
  Charts: ["stateChart", "when", "whenAny", "whenAll", "run", "to", "$chart", "flowChart"],
  "The session": [
    "getInput",
    "setInput",
    "getOutput",
    "setOutput",
    "getState",
    "setState",
    "id",
    "label",
    "status",
    "receive",
    "post",
    "fork",
    "join",
    "map",
    "reduce",
    "addSideEffect",
    "checkpoint",
    "idle",
    "suspend",
    "complete",
    "use",
    "inUse",
  ],
  Routes: [
    "GET /program/session",
    "POST /program/session",
    "PATCH /program/session",
    "DELETE /program/session",
    "GET /program/session/history",
    "GET /program/sessions",
    "GET /program/session/admin.html",
    "GET /program",
    "PATCH /program",
  ],
};

interface Row {
  readonly names: readonly string[];
  readonly cell: string;
}

/** The rows of the table in a section: the names in the first cell, and the second cell. */
function rowsOf(section: string): readonly Row[] {
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const lines = (text.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => {
    const [first = "", cell = ""] = line.slice(2, -2).split(" | ");
    const names = [...first.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code.replace(/\(.*\)$/, ""));
    return { names, cell };
  });
}

const sessions = sectionsOf(readFileSync(join(DOCS, "examples/durable.md"), "utf8"));

describe.each(Object.entries(REFERENCE))("the table under '%s'", (section, functions) => {
  const rows = rowsOf(section);

  test("has every function of the reference", () => {
    const named = rows.flatMap(({ names }) => names);
    expect(functions.filter((name) => !named.includes(name))).toEqual([]);
  });

  test("links every cell to a session", () => {
    const anchors = rows.map(({ cell }) => /\(examples\/durable\.md#([^)]*)\)/.exec(cell)?.[1] ?? cell);
    expect(anchors.filter((anchor) => !(sessions.get(anchor) ?? "").includes("```redis\n"))).toEqual([]);
  });
});
