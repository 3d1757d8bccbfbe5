/** detent check FILE... */
import { mkdirSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import type { Json, JsonObject } from "../base/json.ts";
import { type Exploration, explore } from "../definition-tests/explore.ts";
import { FAULT_KINDS, type Fault, type FaultKind, faultsOf } from "../definition-tests/faults.ts";
import { generatedTests } from "../definition-tests/generate.ts";
import { lengthText } from "../definition-tests/lengths.ts";
import { walkRandomly } from "../definition-tests/random-walks.ts";
import { actionJson } from "../definition-tests/recorded.ts";
import { begin } from "../definition-tests/rehearsal.ts";
import { act, actionText } from "../definition-tests/run-case.ts";
import type { Action } from "../definition-tests/test-file.ts";
import { check } from "../engine/check.ts";
import { activeStates } from "../engine/step.ts";
import { type LoadedTests, loadEither, yamlOf } from "./documents.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  type Output,
  type Subcommand,
  type Surroundings,
  textOption,
  textOptions,
  UsageError,
} from "./subcommand.ts";
import { write } from "./test.ts";

const FILES_MAX = 10_000;
const SITUATIONS = 10_000;
const RUNS = 300;
/** Seeds of fast-check are whole numbers of 32 bits. */
const SEED_MAX = 0x7fffffff;

const KIND_WIDTH = Math.max(...Object.keys(FAULT_KINDS).map((kind) => kind.length)) + 2;
const KINDS = Object.entries(FAULT_KINDS)
  .map(([kind, what]) => `  ${kind.padEnd(KIND_WIDTH)}${what}`)
  .join("\n");

export const checkDefinitions: Subcommand = {
  name: "check",
  summary: "find errors and doubtful places in definitions by exploring every state that they can reach",
  help: `Usage: detent check FILE... [--ignore KIND]... [--situations N] [--random RUNS] [--seed N]
                    [--write-tests FILE] [--failures DIR]

Each FILE is a definition, or a file of tests that names one; its properties and events are used then. Prints the
findings of SM.DEF CHECK, then explores the situations that the machine can reach: by every event, with data that opens
and data that closes its guards, by timers and by ends of children, up to a number of situations; then random walks go
further. A finding that events lead to comes with the shortest way that was found.

  --ignore KIND      leave out findings of a kind; may be given several times
  --situations N     situations explored at most, ${SITUATIONS} unless given
  --random RUNS      random walks, ${RUNS} unless given; 0 for none. One that fails is made as short as it can be
  --seed N           of the random walks, for the same walks again; it is printed where one has failed
  --write-tests FILE write tests that take every transition, and meet each guard open and closed, as far as was explored
  --failures DIR     write each way that breaks a property or an invariant, or fails, as a file for 'detent test'

Kinds of findings:
${KINDS}

Exit codes: 0 no findings, 1 errors or warnings, 2 wrong arguments or a file that cannot be read.

Examples:
  detent check order.json
  detent check *.json --ignore no-end --failures failures
  detent check order.test.yaml --write-tests generated.test.yaml
`,
  options: {
    ignore: { type: "string", multiple: true },
    situations: { type: "string" },
    random: { type: "string" },
    seed: { type: "string" },
    "write-tests": { type: "string" },
    failures: { type: "string" },
  },
  operands: [1, FILES_MAX],
  run: async (paths, given, surroundings) => {
    const options: CheckOptions = {
      ignored: new Set(textOptions(given, "ignore").map(kindOption)),
      situationsMax: countOption(textOption(given, "situations"), "situations", SITUATIONS),
      runs: countOption(textOption(given, "random"), "random", RUNS),
      seed: countOption(textOption(given, "seed"), "seed", surroundings.nowMs % SEED_MAX),
      testsFile: textOption(given, "write-tests"),
      failuresDir: textOption(given, "failures"),
    };
    if (options.testsFile !== undefined && paths.length > 1)
      throw new UsageError("--write-tests takes one definition at a time");
    const found: Shown[] = [];
    for (const path of paths) found.push(...(await checkFile(path, options, surroundings)));
    surroundings.output.print(countText(found));
    return found.length === 0 ? EXIT_OK : EXIT_FAILED;
  },
};

interface CheckOptions {
  readonly ignored: ReadonlySet<FaultKind>;
  readonly situationsMax: number;
  readonly runs: number;
  readonly seed: number;
  readonly testsFile: string | undefined;
  readonly failuresDir: string | undefined;
}

/** A fault as it is shown, and what leads to it. */
interface Shown extends Pick<Fault, "kind" | "severity" | "path" | "message"> {
  readonly actions: readonly Action[] | undefined;
}

/** `1 error, 2 warnings` */
function countText(found: readonly Shown[]): string {
  const counts = (["error", "warning"] as const).flatMap((severity) => {
    const count = found.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`];
  });
  return counts.length === 0 ? "no findings" : counts.join(", ");
}

/** Resolves to what was found and is not ignored. */
async function checkFile(
  path: string,
  options: CheckOptions,
  { output }: Surroundings,
): Promise<readonly Shown[]> {
  const loaded = await loadEither(path);
  const { machine, document, file } = loaded;
  const { key, nowMs, events, properties } = file;
  const exploration = explore(machine, {
    key,
    nowMs,
    events,
    properties,
    situationsMax: options.situationsMax,
  });
  const found = faultsOf(machine, check(document.json, document.keys), file, exploration);
  const shown: Shown[] = found.map((fault) => ({
    ...fault,
    actions: fault.way?.map(({ action }) => action),
  }));
  if (options.runs > 0) {
    const walk = await walkRandomly(machine, {
      key,
      nowMs,
      events,
      properties,
      runs: options.runs,
      seed: options.seed,
    });
    // What the exploration has found is found again by most walks.
    if (walk !== undefined && !shown.some(({ kind }) => kind === walk.kind))
      shown.push({
        ...walk,
        severity: "error",
        path: "$",
        message: `${walk.message} (--seed ${options.seed})`,
      });
  }
  const faults = shown.filter(({ kind }) => !options.ignored.has(kind));
  output.print(`${path}: ${summaryOf(exploration)}`);
  for (const fault of faults) printFault(loaded, fault, output);
  if (options.failuresDir !== undefined)
    await writeFailures(loaded, faults, { path, output, dir: options.failuresDir });
  if (options.testsFile !== undefined) await writeTests(loaded, exploration, options.testsFile, output);
  return faults;
}

function summaryOf({ places, moves, isComplete }: Exploration): string {
  const extent = isComplete ? "all that were found" : "others were left out";
  return `${places.length} situations and ${moves.length} moves explored, ${extent}`;
}

function printFault(
  loaded: LoadedTests,
  { kind, severity, path, message, actions }: Shown,
  output: Output,
): void {
  output.print(`  ${severity} ${kind} ${path}: ${message}`);
  if (actions === undefined || actions.length === 0) return;
  for (const line of wayLines(loaded, actions)) output.print(`      ${line}`);
}

/** A way, step by step, with the states each leads to. */
function wayLines({ machine, file }: LoadedTests, actions: readonly Action[]): readonly string[] {
  const rehearsed = { machine, key: file.key };
  let { situation } = begin(rehearsed, { nowMs: file.nowMs });
  const states = () => activeStates(machine, situation.snapshot).join(", ");
  const lines = [`in ${states()}`];
  for (const action of actions) {
    const { refusal, situation: next } = act(rehearsed, situation, action);
    situation = next;
    const text = action.kind === "wait" ? `wait ${lengthText(action.ms)}` : actionText(action);
    lines.push(refusal === undefined ? `${text}: ${states()}` : `${text}: refused with ${refusal.code}`);
  }
  return lines;
}

async function writeTests(
  loaded: LoadedTests,
  exploration: Exploration,
  target: string,
  output: Output,
): Promise<void> {
  const { machine, file } = loaded;
  const tests = generatedTests(machine, exploration, file.nowMs);
  write(target, await yamlOf({ ...headOf(loaded, target), tests }));
  output.note(`${target}: ${tests.length} tests written`);
}

async function writeFailures(
  loaded: LoadedTests,
  faults: readonly Shown[],
  { path, dir, output }: { readonly path: string; readonly dir: string; readonly output: Output },
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const name = basename(path, extname(path));
  let number = 0;
  for (const { severity, kind, message, actions } of faults) {
    if (severity !== "error" || actions === undefined) continue;
    number += 1;
    const target = join(dir, `${name}-${kind}-${number}.test.yaml`);
    const test = { name: message, when: actions.map(actionJson) };
    write(target, await yamlOf({ ...headOf(loaded, target), tests: [test] }));
    output.note(`${target}: written`);
  }
}

/** The head of a file of tests that stands at `target`. */
export function headOf({ path, document, file }: LoadedTests, target: string): JsonObject {
  const definition: Json =
    path === undefined
      ? document.json
      : relative(dirname(resolve(target)), resolve(path)).replaceAll("\\", "/");
  const properties = file.properties.map(({ json }) => json);
  return {
    definition,
    key: file.key,
    now: new Date(file.nowMs).toISOString(),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

function kindOption(text: string): FaultKind {
  const kinds = Object.keys(FAULT_KINDS);
  const kind = kinds.find((known) => known === text);
  if (kind !== undefined) return kind as FaultKind;
  throw new UsageError(`there is no kind of finding '${text}'; kinds are ${kinds.join(", ")}`);
}

function countOption(text: string | undefined, name: string, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} is a whole number, not '${text}'`);
}
