/** SM.DEF IMPORT name[:version] format text [CHECK]: a definition of another language, translated and stored. */
import { check } from "../../engine/check.ts";
import { readKeys } from "../../engine/document-keys.ts";
import type { Finding } from "../../engine/types.ts";
import { IMPORT_FORMATS, importFormat, translate } from "../../importers/formats.ts";
import { parseDocument } from "../../machines/chart-cache.ts";
import { referencesIn } from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { argument, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, hasOption, readOptions } from "../options.ts";
import { createDefinition, definitionName, type GivenName } from "./create-definition.ts";
import { definitionText } from "./definition-text.ts";

const FORMS = { CHECK: FLAG } as const;

export const smDefImport = {
  name: "SM.DEF|IMPORT",
  isPlan: (args) => hasOption(args, 5, FORMS, "CHECK"),
  run: (call) => {
    const { args, server } = call;
    const name = definitionName(argument(args, 2));
    const format = importFormat(text(argument(args, 3), "format"));
    if (format === undefined) throw errors.err(`unknown format; there are ${IMPORT_FORMATS.join(", ")}`);
    const isCheck = readOptions(args, 5, FORMS).has("CHECK");
    const { document, findings } = translate(format, definitionText(server, argument(args, 4)));
    // The document may be longer than the text it was made of.
    const json = document && definitionText(server, Buffer.from(JSON.stringify(document)));
    if (isCheck) return checked(call, name, { json, findings });
    const failures = findings.filter(({ severity }) => severity === "error");
    if (json === undefined)
      throw errors.importRefused(failures.map(({ path, message }) => `${path}: ${message}`));
    return createDefinition(call, name, json);
  },
} as const satisfies Handler;

/** What is to say of the text, what of the document, and the document. */
function checked(
  { db }: Call,
  { name }: GivenName,
  { json, findings }: { readonly json: string | undefined; readonly findings: readonly Finding[] },
): Reply {
  const parsed = json === undefined ? undefined : parseDocument(json);
  const own =
    json === undefined || parsed === undefined
      ? []
      : parsed.ok
        ? check(parsed.value, readKeys(json), referencesIn(db, name))
        : parsed.findings;
  return map([
    ["document", json ?? null],
    ["findings", [...findings.map(rowOf("text")), ...own.map(rowOf("document"))]],
  ]);
}

function rowOf(place: "text" | "document"): (finding: Finding) => Reply {
  return ({ severity, path, message }) =>
    map([
      ["in", place],
      ["severity", severity],
      ["path", path],
      ["message", message],
    ]);
}
