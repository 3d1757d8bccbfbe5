/** detent check finds each planted fault of the corpus, at its place, and nothing in definitions that are sound. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { Coverage } from "../../src/definition-tests/coverage.ts";
import { explore } from "../../src/definition-tests/explore.ts";
import { type Fault, faultsOf } from "../../src/definition-tests/faults.ts";
import { generatedTests } from "../../src/definition-tests/generate.ts";
import { walkRandomly } from "../../src/definition-tests/random-walks.ts";
import { runCase } from "../../src/definition-tests/run-case.ts";
import { readTestFile } from "../../src/definition-tests/test-file.ts";
import { check } from "../../src/engine/check.ts";
import { createProblems } from "../../src/engine/problems.ts";
import { machineOf } from "../engine/support/driver.ts";
import { processorMs } from "../engine/support/work.ts";

interface Planted {
  readonly name: string;
  readonly definition: JsonObject;
  readonly finds: { readonly kind: string; readonly path: string };
  readonly events?: Json;
  readonly properties?: Json;
  /** Steps of the shortest way. */
  readonly steps?: number;
}

function corpus<T>(name: string): readonly T[] {
  const url = new URL(`../cases/definition-faults/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as T[];
}

const PLANTED = corpus<Planted>("planted");
const SOUND = corpus<Pick<Planted, "name" | "definition">>("sound");

function fileOf({ definition, events, properties }: Pick<Planted, "definition" | "events" | "properties">) {
  const problems = createProblems();
  const json = {
    definition,
    ...(events === undefined ? {} : { events }),
    ...(properties === undefined ? {} : { properties }),
  };
  const file = readTestFile(json, problems);
  expect(problems.findings).toEqual([]);
  if (file === undefined) throw new Error("no file");
  return file;
}

function explored(given: Pick<Planted, "definition" | "events" | "properties">, situationsMax = 2000) {
  const file = fileOf(given);
  const machine = machineOf(given.definition);
  const exploration = explore(machine, { ...file, situationsMax });
  return {
    machine,
    file,
    exploration,
    faults: faultsOf(machine, check(given.definition), file, exploration),
  };
}

const shown = ({ kind, path, message }: Fault) => `${kind} ${path}: ${message}`;

describe("faultsOf() finds", () => {
  it("at least twenty planted faults", () => expect(PLANTED.length).toBeGreaterThanOrEqual(20));

  it.each(PLANTED)("$name", (planted) => {
    const { faults } = explored(planted);
    const { kind, path } = planted.finds;
    const found = faults.find((fault) => fault.kind === kind && fault.path === path);
    expect(found, faults.map(shown).join("\n")).toBeDefined();
    if (planted.steps !== undefined) expect(found?.way).toHaveLength(planted.steps);
  });

  it.each(SOUND)("nothing in a sound definition: $name", ({ definition }) => {
    expect(explored({ definition }).faults.map(shown)).toEqual([]);
  });
});

describe("generatedTests() of a sound definition", () => {
  it.each(SOUND)("pass, and cover every transition and guard outcome: $name", ({ definition }) => {
    const { machine, file, exploration } = explored({ definition });
    const tests = generatedTests(machine, exploration, file.nowMs);
    const problems = createProblems();
    const written = readTestFile({ definition, tests }, problems);
    expect(problems.findings).toEqual([]);
    const coverage = new Coverage();
    const rehearsed = { machine, key: file.key, observer: coverage.observer };
    for (const test of written?.tests ?? []) expect(runCase(rehearsed, file, test).failures).toEqual([]);
    expect(coverage.report(machine)).toMatchObject({ notTaken: [], unseen: [] });
  });
});

describe("walkRandomly()", () => {
  const definition = {
    initial: "a",
    context: { items: 0, noise: 0 },
    states: {
      a: {
        on: {
          ADD: { actions: [{ assign: { items: "context.items + 1" } }] },
          NOISE: { actions: [{ assign: { noise: "context.noise + 1" } }] },
          CLEAR: { actions: [{ assign: { items: "0" } }] },
        },
      },
    },
  };
  const walked = (always: string, seed: number) => {
    const file = fileOf({ definition, properties: [{ always }] });
    return walkRandomly(machineOf(definition), { ...file, runs: 500, seed });
  };

  it.each([1, 2, 3])(
    "finds a property that a long walk breaks, and leaves out what is not needed (seed %d)",
    async (seed) => {
      const walk = await walked("context.items < 6", seed);
      expect(walk?.kind).toBe("property");
      expect(walk?.actions.map((action) => action.kind === "send" && action.event)).toEqual(
        Array(6).fill("ADD"),
      );
    },
  );

  it("finds nothing where nothing is wrong", async () => {
    expect(await walked("context.items >= 0", 1)).toBeUndefined();
  });
});

describe("explore()", () => {
  /** A grid of states with guards, data, timers, and a count that would rise for ever. */
  const states = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      `s${index}`,
      {
        on: {
          NEXT: [
            { guard: `event.n > ${index}`, target: `s${(index + 1) % 200}` },
            { target: `s${(index + 7) % 200}` },
          ],
          SKIP: { target: `s${(index * 3 + 1) % 200}`, actions: [{ assign: { n: "context.n + 1" } }] },
          END: "end",
        },
        after: { "1h": `s${(index + 13) % 200}` },
      },
    ]),
  );
  const definition = { initial: "s0", context: { n: 0 }, states: { ...states, end: { type: "final" } } };

  it("looks at 200 states with their counts and timers, and finds nothing where nothing is wrong", () => {
    const { exploration, faults } = explored({ definition }, 10_000);
    expect(exploration.places.length).toBeGreaterThan(200);
    expect(faults.map(shown)).toEqual([]);
  });

  it("takes about four times the time for four times as many places", () => {
    // Other processes only ever make a ratio larger: the lowest of some counts.
    let lowest = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 4 && lowest >= 10; attempt += 1) {
      const few = processorMs(() => explored({ definition }, 600), 1);
      lowest = Math.min(lowest, processorMs(() => explored({ definition }, 2400), 1) / few);
    }
    expect(lowest).toBeLessThan(10);
  });

  it("stops at its bound, and says so", () => {
    const { exploration } = explored({ definition }, 50);
    expect(exploration.places).toHaveLength(50);
    expect(exploration.isComplete).toBe(false);
  });
});
