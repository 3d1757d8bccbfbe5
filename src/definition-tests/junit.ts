/** Results of tests as JUnit's XML, which every CI reads. */
import type { CaseResult } from "./run-case.ts";

export interface Suite {
  readonly name: string;
  readonly results: readonly CaseResult[];
}

export function junitOf(suites: readonly Suite[]): string {
  const count = (list: readonly CaseResult[]) =>
    `tests="${list.length}" failures="${list.filter(({ failures }) => failures.length > 0).length}" errors="0"`;
  const all = suites.flatMap(({ results }) => results);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="detent test" ${count(all)}>`,
    ...suites.flatMap(({ name, results }) => [
      `  <testsuite name="${escaped(name)}" ${count(results)}>`,
      ...results.flatMap((result) => caseLines(name, result)),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function caseLines(suite: string, { name, failures }: CaseResult): readonly string[] {
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
  if (failures.length === 0) return [`${head}/>`];
  const [first = ""] = failures;
  return [
    `${head}>`,
    `      <failure message="${escaped(first)}">${escaped(failures.join("\n"))}</failure>`,
    "    </testcase>",
  ];
}

function escaped(text: string): string {
  // Characters that XML 1.0 does not have, not even escaped.
  const allowed = [...text].filter((character) => !isForbidden(character.codePointAt(0) ?? 0)).join("");
  return allowed
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}

function isForbidden(code: number): boolean {
  const isControl = code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d;
  return isControl || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff;
}
