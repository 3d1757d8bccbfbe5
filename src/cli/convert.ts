/** detent convert FILE|- */
import { readFileSync } from "node:fs";
import { check } from "../engine/check.ts";
import { readKeys } from "../engine/document-keys.ts";
import type { Finding } from "../engine/types.ts";
import { IMPORT_FORMATS, type ImportFormat, importFormat, translate } from "../importers/formats.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { EXIT_FAILED, EXIT_OK, type Output, type Subcommand, textOption, UsageError } from "./subcommand.ts";

const STDIN = 0;
const INDENT = 2;

/** What a file's name says of its language. */
const ENDINGS: readonly (readonly [ending: RegExp, format: ImportFormat])[] = [
  [/\.asl(\.json)?$/i, "ASL"],
  [/\.json$/i, "XSTATE"],
  [/\.(scxml|xml)$/i, "SCXML"],
  [/\.(mmd|mermaid)$/i, "MERMAID"],
  [/\.(puml|plantuml)$/i, "PLANTUML"],
  [/\.ya?ml$/i, "YAML"],
];

const LIST = IMPORT_FORMATS.map((format) => format.toLowerCase()).join(", ");

export const convert: Subcommand = {
  name: "convert",
  summary: "translate a definition of another language into one of Detent's",
  help: `Usage: detent convert FILE|- [--from FORMAT]

Translates a definition of another language, prints the JSON document that SM.DEF CREATE takes, and tells on standard
error what does not translate, where, and what to write instead. No server is needed. - is standard input.

  --from FORMAT   ${LIST}; without it the ending of the file's name says

Exit codes: 0 translated, 1 something does not translate or the document does not compile, 2 wrong arguments.

Examples:
  detent convert light.json --from xstate > light.detent.json
  detent convert gate.scxml > gate.json
  detent convert - --from xstate < light.json | redis-cli -x SM.DEF CREATE light
`,
  options: { from: { type: "string" } },
  operands: [1, 1],
  run: async ([file = "-"], given, { output }) => {
    const { document, findings } = translate(formatOf(file, textOption(given, "from")), read(file));
    for (const finding of findings) tell(output, "", finding);
    if (document === undefined) return EXIT_FAILED;
    const json = JSON.stringify(document, undefined, INDENT);
    const own = check(document, readKeys(json));
    for (const finding of own) tell(output, " in the document", finding);
    output.print(json);
    return own.some(({ severity }) => severity === "error") ? EXIT_FAILED : EXIT_OK;
  },
};

function formatOf(file: string, from: string | undefined): ImportFormat {
  if (from !== undefined) {
    const format = importFormat(from);
    if (format === undefined) throw new UsageError(`there is no format '${from}'; there are ${LIST}`);
    return format;
  }
  const found = ENDINGS.find(([ending]) => ending.test(file));
  if (found !== undefined) return found[1];
  throw new UsageError(`the name '${file}' does not say what language it is in: add --from ${LIST}`);
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? STDIN : file, "utf8");
  } catch (error) {
    throw new OpenError(`cannot read '${file}': ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tell(output: Output, where: string, { severity, path, message }: Finding): void {
  output.note(`${severity}${where} ${path}: ${message}`);
}
