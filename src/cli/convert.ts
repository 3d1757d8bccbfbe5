/** detent convert FILE|- */
import { readFileSync } from "node:fs";
import { fileFault } from "../base/file-fault.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { check } from "../engine/check.ts";
import { readKeys } from "../engine/document-keys.ts";
import type { Finding } from "../engine/types.ts";
import { IMPORT_FORMATS, type ImportFormat, importFormat, translate } from "../importers/formats.ts";
import { WRITERS, type Writer } from "../importers/writers.ts";
import { OpenError } from "../storage/ordered-store.ts";
import { compiled, type Document, DocumentError, parseDocument } from "./documents.ts";
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

const TARGETS = [...WRITERS.keys()].map((format) => format.toLowerCase()).join(", ");
const LIST = IMPORT_FORMATS.map((format) => format.toLowerCase()).join(", ");

export const convert: Subcommand = {
  name: "convert",
  summary: "translate a definition from another language, or into one",
  help: `Usage: detent convert FILE|- [--from FORMAT] [--to FORMAT]

Translates a definition from another language and prints the JSON document that SM.DEF CREATE takes. Standard error
lists what does not translate, where it is, and what to write instead. No server is needed. - is standard input.

  --from FORMAT   ${LIST}; without it the suffix of the file decides
  --to FORMAT     write the definition in this language instead: ${TARGETS}.
                  Without --from the file is a definition of Detent, as JSON or YAML

Exit codes: 0 translated, 1 something does not translate or the document does not compile, 2 wrong arguments.

Examples:
  detent convert light.json --from xstate > light.detent.json
  detent convert gate.scxml > gate.json
  detent convert - --from xstate < light.json | redis-cli -x SM.DEF CREATE light
  detent convert order.json --to plantuml > order.puml
  detent convert gate.scxml --from scxml --to xstate > gate.xstate.json
`,
  options: { from: { type: "string" }, to: { type: "string" } },
  operands: [1, 1],
  run: async ([file = "-"], given, { output }) => {
    const [from, to] = [textOption(given, "from"), textOption(given, "to")];
    const write = to === undefined ? undefined : writerOf(to);
    if (write !== undefined && from === undefined)
      return written(write, await parseDocument(read(file), file), file, output);
    const json = translated(file, from, output);
    if (json === undefined) return EXIT_FAILED;
    if (write !== undefined) return written(write, await parseDocument(json, file), file, output);
    const own = check(JSON.parse(json) as Json, readKeys(json));
    for (const finding of own) tell(output, " in the document", finding);
    output.print(json);
    return own.some(({ severity }) => severity === "error") ? EXIT_FAILED : EXIT_OK;
  },
};

/** The document as JSON; undefined where something does not translate, which is reported. */
function translated(file: string, from: string | undefined, output: Output): string | undefined {
  const { document, findings } = translate(formatOf(file, from), read(file));
  for (const finding of findings) tell(output, "", finding);
  return document === undefined ? undefined : JSON.stringify(document, undefined, INDENT);
}

function writerOf(to: string): Writer {
  const write = WRITERS.get(to.toUpperCase());
  if (write === undefined) throw new UsageError(`there is no format '${to}' to write; there are ${TARGETS}`);
  return write;
}

function written(write: Writer, document: Document, file: string, output: Output): number {
  const machine = compiled(file, document);
  const text = write(machine, () => {
    if (!isJsonObject(document.json)) throw new DocumentError(`'${file}' is not a definition`);
    return document.json;
  });
  if (!text.ok) throw new OpenError(`'${file}' cannot be written so: ${text.reason}`);
  output.print(text.text.trimEnd());
  return EXIT_OK;
}

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
    throw new OpenError(`cannot read '${file}': ${fileFault(error)}`);
  }
}

function tell(output: Output, where: string, { severity, path, message }: Finding): void {
  output.note(`${severity}${where} ${path}: ${message}`);
}
