/** The languages that definitions are read from, by the word that commands call them by. */

import { createProblems } from "../engine/problems.ts";
import { readAsl } from "./asl.ts";
import { readMermaid, readPlantUml } from "./diagram-document.ts";
import { readScxml } from "./scxml.ts";
import { TEXT_CHARS_MAX, type Translation, type Translator } from "./translation.ts";
import { readXState } from "./xstate.ts";
import { readYaml } from "./yaml.ts";

export type ImportFormat = "XSTATE" | "SCXML" | "ASL" | "MERMAID" | "PLANTUML" | "YAML";

const TRANSLATORS: Readonly<Record<ImportFormat, Translator>> = {
  XSTATE: readXState,
  SCXML: readScxml,
  ASL: readAsl,
  MERMAID: readMermaid,
  PLANTUML: readPlantUml,
  YAML: readYaml,
};

/** All of them, in the order of the help. */
export const IMPORT_FORMATS = Object.keys(TRANSLATORS) as readonly ImportFormat[];

/** The format of this name, in any case. */
export function importFormat(name: string): ImportFormat | undefined {
  const word = name.toUpperCase();
  return IMPORT_FORMATS.find((format) => format === word);
}

/** Findings that are kept of one text. */
const FINDINGS_MAX = 200;

/** Translates a text. Pure; never throws on what a client wrote. */
export function translate(format: ImportFormat, text: string): Translation {
  const problems = createProblems(FINDINGS_MAX);
  if (text.length > TEXT_CHARS_MAX) {
    problems.error("$", `a text may have ${TEXT_CHARS_MAX} characters, this has ${text.length}`);
    return { document: undefined, findings: problems.findings };
  }
  const document = TRANSLATORS[format](text, problems);
  const { findings } = problems;
  const isWhole = !findings.some(({ severity }) => severity === "error");
  return { document: isWhole ? document : undefined, findings };
}
