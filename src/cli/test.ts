/** detent test FILE... */
import { writeFileSync } from "node:fs";
import { fileFault } from "../base/file-fault.ts";
import { Coverage, coverageLines, percentOf } from "../definition-tests/coverage.ts";
import { junitOf, type Suite } from "../definition-tests/junit.ts";
import { runCase } from "../definition-tests/run-case.ts";
import { DocumentError, type LoadedTests, loadTests } from "./documents.ts";
import { EXIT_FAILED, EXIT_OK, type Output, type Subcommand, textOption, UsageError } from "./subcommand.ts";

const FILES_MAX = 10_000;
const PERCENT = 100;

export const testDefinitions: Subcommand = {
  name: "test",
  summary: "run given/when/then cases of definitions, without a server",
  help: `Usage: detent test FILE... [--junit FILE] [--min-coverage PERCENT] [--quiet]

Each FILE, in YAML or JSON, names a definition and holds cases: what is given, what happens, what is expected then. The
cases run in this process, with a clock of their own. After them comes which transitions were taken and which guards
were both true and false. docs/testing.md describes the files.

  --junit FILE            write the results as JUnit XML
  --min-coverage PERCENT  fail below this part of transitions and guard outcomes, of any definition
  --quiet                 print what has failed only

Exit codes: 0 all passed, 1 a case failed or coverage is too low, 2 wrong arguments or a file that cannot be read.

Examples:
  detent test order.test.yaml
  detent test tests/*.yaml --junit report.xml --min-coverage 90
`,
  options: { junit: { type: "string" }, "min-coverage": { type: "string" }, quiet: { type: "boolean" } },
  operands: [1, FILES_MAX],
  run: async (paths, given, { output }) => {
    const minimum = percentOption(textOption(given, "min-coverage"));
    const isQuiet = given["quiet"] === true;
    const coverages = new Map<string, Covered>();
    const suites: Suite[] = [];
    for (const path of paths) {
      const loaded = await loadTests(path);
      suites.push(runFile(path, loaded, coveredBy(coverages, loaded), isQuiet ? quiet(output) : output));
    }
    const junit = textOption(given, "junit");
    if (junit !== undefined) write(junit, junitOf(suites));
    const isCovered = printCoverage([...coverages.values()], minimum, isQuiet, output);
    const results = suites.flatMap((suite) => suite.results);
    const failed = results.filter(({ failures }) => failures.length > 0).length;
    output.print(
      `${results.length} ${results.length === 1 ? "test" : "tests"}, ${results.length - failed} passed, ${failed} failed`,
    );
    return failed === 0 && isCovered ? EXIT_OK : EXIT_FAILED;
  },
};

/** A definition and what tests have seen of it; several files may test the same. */
interface Covered extends Pick<LoadedTests, "name" | "machine"> {
  readonly coverage: Coverage;
}

function coveredBy(all: Map<string, Covered>, { name, machine, document }: LoadedTests): Covered {
  const identity = JSON.stringify(document.json);
  const known = all.get(identity) ?? { name, machine, coverage: new Coverage() };
  all.set(identity, known);
  return known;
}

function runFile(path: string, { file }: LoadedTests, { machine, coverage }: Covered, output: Output): Suite {
  output.print(path);
  const rehearsed = { machine, key: file.key, observer: coverage.observer };
  const results = file.tests.map((test) => runCase(rehearsed, file, test));
  for (const { name, failures } of results) {
    output.print(`  ${failures.length === 0 ? "ok    " : "FAILED"} ${name}`);
    for (const failure of failures) output.print(`         ${failure}`);
  }
  return { name: path, results };
}

/** Prints failures alone, and the file they are in. */
function quiet(output: Output): Output {
  let file = "";
  return {
    ...output,
    print: (line) => {
      if (!line.startsWith(" ")) file = line;
      else if (!line.startsWith("  ok "))
        output.print(line.startsWith("  FAILED") ? `${file}:${line}` : line);
    },
  };
}

function printCoverage(all: readonly Covered[], minimum: number, isQuiet: boolean, output: Output): boolean {
  let isEnough = true;
  for (const { name, machine, coverage } of all) {
    const report = coverage.report(machine);
    if (!isQuiet) for (const line of coverageLines(name, machine, report)) output.print(line);
    const percent = percentOf(report);
    if (percent >= minimum) continue;
    isEnough = false;
    output.print(`Coverage of ${name} is ${percent}%, below the ${minimum}% asked for`);
  }
  return isEnough;
}

function percentOption(text: string | undefined): number {
  if (text === undefined) return 0;
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (percent <= PERCENT) return percent;
  throw new UsageError(`--min-coverage is a number from 0 to ${PERCENT}, not '${text}'`);
}

/** @throws DocumentError */
export function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new DocumentError(`cannot write '${path}': ${fileFault(error)}`);
  }
}
