/** SM.DEF CHECK json: what is wrong with a definition and what looks wrong, each with its JSON path. */
import { check } from "../../engine/check.ts";
import { readKeys } from "../../engine/document-keys.ts";
import { parseDocument } from "../../machines/chart-cache.ts";
import { referencesIn } from "../../machines/definitions.ts";
import { map } from "../../protocol/reply.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { definitionText } from "./definition-text.ts";

export const smDefCheck = {
  name: "SM.DEF|CHECK",
  run: ({ args, db, server }) => {
    const document = definitionText(server, argument(args, 2));
    const parsed = parseDocument(document);
    const findings = parsed.ok ? check(parsed.value, readKeys(document), referencesIn(db)) : parsed.findings;
    return findings.map(({ severity, path, message }) =>
      map([
        ["severity", severity],
        ["path", path],
        ["message", message],
      ]),
    );
  },
} as const satisfies Handler;
