/** The last lines of a run of the tests, from a report. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const PROGRAM = new URL("count-tests.mjs", import.meta.url).pathname;

function printed(report: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "detent-count-")), "report.json");
  writeFileSync(path, report);
  return spawnSync(process.execPath, [PROGRAM, path], { encoding: "utf8" }).stdout;
}

test("count-tests names each test that failed, with its error, before it counts", () => {
  const report = {
    numPassedTests: 2,
    numPendingTests: 1,
    testResults: [
      {
        name: join(process.cwd(), "tests/a.test.ts"),
        status: "failed",
        message: "",
        assertionResults: [
          { status: "passed", fullName: "one", failureMessages: [] },
          {
            status: "failed",
            fullName: "two() adds",
            failureMessages: [
              "Error: \u001b[31mexpected 1\u001b[39m\n\n    at /x/node_modules/v.js:1\n    at a.ts:3",
            ],
          },
        ],
      },
      {
        name: join(process.cwd(), "tests/b.test.ts"),
        status: "failed",
        message: "No such file",
        assertionResults: [],
      },
    ],
  };
  expect(printed(JSON.stringify(report))).toBe(
    [
      "FAILED tests/a.test.ts > two() adds",
      "  Error: expected 1",
      "      at a.ts:3",
      "FAILED tests/b.test.ts",
      "  No such file",
      "1 skipped",
      "2 passed, 2 failed",
      "",
    ].join("\n"),
  );
});

test("count-tests counts one failure when there is no report", () => {
  expect(printed("")).toBe("0 passed, 1 failed\n");
});
