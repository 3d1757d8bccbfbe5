/** Which language a text that is pasted into Try is in. */
import { expect, test } from "vitest";
import { LANGUAGES, languageOf } from "../../src/console/languages.ts";
import { IMPORT_FORMATS } from "../../src/importers/formats.ts";

test("LANGUAGES has each that the importers read", () => {
  expect(LANGUAGES.map(([word]) => word)).toEqual(IMPORT_FORMATS);
});

test.each([
  ['{"id":"a","states":{"b":{}}}', undefined],
  ["", undefined],
  ["{ not yet", undefined],
  ['{"StartAt":"A","States":{}}', "ASL"],
  ['<?xml version="1.0"?>\n<scxml/>', "SCXML"],
  ['  <scxml xmlns="http://www.w3.org/2005/07/scxml">', "SCXML"],
  ["stateDiagram-v2\n  [*] --> a", "MERMAID"],
  ["```mermaid\nstateDiagram-v2\n[*] --> a\n```", "MERMAID"],
  ["---\ntitle: x\n---\nstateDiagram-v2\n[*] --> a", "MERMAID"],
  ["@startuml\n[*] --> a\n@enduml", "PLANTUML"],
  ["export const m = createMachine({ id: 'a' })", "XSTATE"],
  ["import { setup } from 'xstate';", "XSTATE"],
  ["id: door\ninitial: closed\nstates:\n  closed: {}", "YAML"],
  ["# a comment\nid: door", "YAML"],
] as const)("languageOf() of %j is %s", (text, language) => {
  expect(languageOf(text)).toBe(language);
});
