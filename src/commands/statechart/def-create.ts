/** SM.DEF CREATE name[:version] json: stores a definition that compiles; the same document again is no change. */

import { compileDocument } from "../../machines/chart-cache.ts";
import { splitDefinitionId } from "../../machines/creation.ts";
import { isSameDocument } from "../../machines/definition-copy.ts";
import { findDefinition, putDefinition } from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { definitionText } from "./definition-text.ts";

const FIRST_VERSION = "v1";
/** Names are fields of index keys, which are bounded. */
const NAME_BYTES_MAX = 200;

export const smDefCreate = {
  name: "SM.DEF|CREATE",
  run: ({ args, db, nowMs, server }) => {
    const { name, version = FIRST_VERSION } = splitDefinitionId(text(argument(args, 2), "definition"));
    if (name === "" || version === "") throw errors.err("a definition needs a name: name or name:version");
    for (const part of [name, version]) {
      // They are shown in logs, in keys of the store and in lists.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (/[\0-\x1f\x7f-\x9f]/.test(part))
        throw errors.err(`the name or version has a control character: ${JSON.stringify(part)}`);
      if (Buffer.byteLength(part) > NAME_BYTES_MAX)
        throw errors.machineLimit("the name or version is too long", NAME_BYTES_MAX, "bytes");
    }
    const document = definitionText(server, argument(args, 3));
    const result = compileDocument(document);
    if (!result.ok) throw errors.invalidDefinition(result.path, result.reason);
    const id = `${name}:${version}`;
    const existing = findDefinition(db, name, version);
    if (existing === undefined) {
      const stored = putDefinition(db, { name, version, document, createdMs: nowMs });
      server.charts.keep(stored, result.machine);
    } else if (!isSameDocument(existing.document, document)) throw errors.definitionExists(id);
    return id;
  },
} as const satisfies Handler;
