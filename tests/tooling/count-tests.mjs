/**
 * Prints the tests that failed, each with the first lines of its error, and "N passed, N failed" from a vitest JSON report. A file
 * that could not be run counts as a failure.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** Lines of an error: what was expected, what came and where are among them. */
const LINES = 12;

const report = read(process.argv[2]);
if (report === undefined) {
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = 1;
} else {
  const failures = report.testResults.flatMap(failuresOf);
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  if (report.numPendingTests > 0) process.stdout.write(`${report.numPendingTests} skipped\n`);
  process.stdout.write(`${report.numPassedTests} passed, ${failures.length} failed\n`);
}

function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((one) => one.status === "failed");
  if (status === "failed" && failed.length === 0) return [`FAILED ${file}\n${beginning(message)}`];
  return failed.map(
    (one) => `FAILED ${file} > ${one.fullName}\n${beginning(one.failureMessages.join("\n"))}`,
  );
}

function beginning(text) {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("/node_modules/"));
  return lines
    .slice(0, LINES)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Undefined when vitest ended before it wrote its report. */
function read(path) {
  const text = readFileSync(path, "utf8");
  return text === "" ? undefined : JSON.parse(text);
}
