/** Prints "N passed, N failed" from a vitest JSON report. A file that could not be run counts as a failure. */
import { readFileSync } from "node:fs";

const report = read(process.argv[2]);
if (report === undefined) {
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = 1;
} else {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  if (report.numPendingTests > 0) process.stdout.write(`${report.numPendingTests} skipped\n`);
  process.stdout.write(`${report.numPassedTests} passed, ${failed} failed\n`);
}

/** Undefined when vitest ended before it wrote its report. */
function read(path) {
  const text = readFileSync(path, "utf8");
  return text === "" ? undefined : JSON.parse(text);
}
