/**
 * The habits that prose keeps out: riddles, passives without an agent, words that only read well in another language.
 * What is written for users, and comments, test names and messages, say who does what, in the present tense.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

interface Habit {
  readonly pattern: RegExp;
  /** What to write. */
  readonly instead: string;
}

const EVERYWHERE: readonly Habit[] = [
  { pattern: /\b(?:is|are|was|were|be|been|being) told of\b/, instead: "is notified of, is reported, gets" },
  {
    pattern: /\b(?:is|are|was|were|be|been|being) told\b(?! (?:to|from|apart)\b)/,
    instead: "is notified, reads, is reported",
  },
  { pattern: /\bstands? in(?! for)\b/, instead: "is in, replaces" },
  { pattern: /\bcomes? to be\b/, instead: "is created, becomes" },
  { pattern: /\bcosts? what\b/, instead: "its cost grows with" },
  { pattern: /\bof late\b/, instead: "recently" },
  { pattern: /\bno more(?=[.,;:)"`]|$| (?:once|among|whatever)\b)/, instead: "no longer" },
  { pattern: /\bhalf changes\b/, instead: "all or nothing" },
  { pattern: /\bcame due while\b/, instead: "expired while" },
  { pattern: /\b[Ww]ho must\b/, instead: "a reader that must" },
];

/** In what users read, besides. */
const FOR_USERS: readonly Habit[] = [
  { pattern: /\b[Ww]hoever\b/, instead: "a client that, everybody who" },
  { pattern: /\b(?:a text|texts)\b/, instead: "a string, strings; a message for that of an error" },
  { pattern: /\b(?:reply|replies) (?:to a write )?leaves? when\b/, instead: "is sent when" },
  { pattern: /(?:^|[.;:] )Who (?!am\b)[a-z]+s\b/, instead: "a client that" },
  { pattern: /^#+ What holds\b/, instead: "Guarantees" },
  { pattern: /\bhas its way\b/, instead: "wins" },
  { pattern: /\btells? of\b/, instead: "reports, shows" },
  { pattern: /\bhears? of\b/, instead: "gets, is notified of" },
  { pattern: /\b(?:is|are) held against\b/, instead: "is compared with" },
  { pattern: /(?<!here )\bis no (?!longer\b)/, instead: "is not a" },
  { pattern: /\bin silence\b/, instead: "without an error, without a finding" },
  { pattern: /\b(?:made|makes?|making) anew\b/, instead: "created again" },
];

/** At the beginning of the name of a test, which is read alone. */
const NO_SUBJECT = /\b(?:test|describe)(?:\.\w+)*(?:\([^"`]*\))?\(\s*["`](?:who|it|this|that|they|what) /i;

/** In the line that says what a command does. */
const IN_SUMMARIES: readonly Habit[] = [
  { pattern: /"summary": "Tells\b/, instead: "Returns, Reports" },
  { pattern: /"summary": "Lets\b/, instead: "Sets, Allows" },
  { pattern: /"summary": "[^"]*\bby chance\b/, instead: "random" },
];

function files(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

const pages = ["README.md", "CHANGELOG.md", "src/README.md", ...files("docs", /\.md$/)];
const sources = [...files("src", /\.tsx?$/), ...files("tests", /\.ts$/)].filter(
  (name) => !name.startsWith("tests/cases/") && name !== "tests/tooling/voice.test.ts",
);

/** Every line with a habit, and what to write instead. */
function habitsIn(names: readonly string[], habits: readonly Habit[]): readonly string[] {
  return names.flatMap((name) =>
    prose(name).flatMap((line, at) =>
      habits
        .filter(({ pattern }) => pattern.test(line))
        .map(({ instead }) => `${name}:${at + 1}: ${line.trim().slice(0, 100)} (write: ${instead})`),
    ),
  );
}

/** The lines of a file; those of examples on a page are blank, since their words are data. */
function prose(name: string): readonly string[] {
  const text = readFileSync(join(ROOT, name), "utf8");
  if (!name.endsWith(".md")) return text.split("\n");
  return text.replace(/^```[\s\S]*?^```$/gm, (fence) => fence.replace(/[^\n]/g, "")).split("\n");
}

describe("the voice", () => {
  test("pages keep to plain English", () => {
    expect(habitsIn(pages, [...EVERYWHERE, ...FOR_USERS])).toEqual([]);
  });

  test("comments, test names and messages keep to plain English", () => {
    expect(habitsIn(sources, EVERYWHERE)).toEqual([]);
  });

  test("names of tests begin with what they are about", () => {
    const tests = sources.filter((name) => name.endsWith(".test.ts"));
    expect(
      habitsIn(tests, [{ pattern: NO_SUBJECT, instead: "the function, command or thing that does it" }]),
    ).toEqual([]);
  });

  test("command summaries and replies keep to plain English", () => {
    const catalogue = readFileSync(join(ROOT, "commands.json"), "utf8").split("\n");
    const habits = [...EVERYWHERE, ...IN_SUMMARIES];
    const found = catalogue.filter((line) => habits.some(({ pattern }) => pattern.test(line)));
    expect(found).toEqual([]);
  });
});
