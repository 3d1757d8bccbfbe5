/** Stores a definition: what SM.DEF CREATE does with a document, and SM.DEF IMPORT with the one it has made. */

import type { OwnName } from "../../engine/compile.ts";
import { compileDocument } from "../../machines/chart-cache.ts";
import { isSameDocument } from "../../machines/definition-copy.ts";
import {
  findDefinition,
  putDefinition,
  referencesIn,
  splitDefinitionId,
} from "../../machines/definitions.ts";
import * as errors from "../../protocol/errors.ts";
import { text } from "../arguments.ts";
import type { Call } from "../handler.ts";

const FIRST_VERSION = "v1";
/** Names are fields of index keys, which are bounded. */
const NAME_BYTES_MAX = 200;

/** @throws ReplyError when a definition cannot be called so */
function checkName(name: string, version: string | undefined): void {
  if (name === "" || version === "") throw errors.err("a definition needs a name: name or name:version");
  for (const part of [name, version ?? ""]) {
    if (Buffer.byteLength(part) > NAME_BYTES_MAX)
      throw errors.machineLimit("the name or version is too long", NAME_BYTES_MAX, "bytes");
    // They are shown in logs, in keys of the store and in lists.
    if (/\p{Cc}/u.test(part))
      throw errors.err(`the name or version has a control character: ${JSON.stringify(part)}`);
  }
}

/** What the command and the document say of name and version together. @throws ReplyError where they contradict */
function agreed(given: GivenName, own: OwnName): { readonly name: string; readonly version: string } {
  if (own.name !== undefined && own.name !== given.name)
    throw errors.invalidDefinition(
      "$.name",
      `the document is named '${own.name}', the command says '${given.name}'`,
    );
  const version = given.version ?? own.version ?? FIRST_VERSION;
  if (own.version !== undefined && own.version !== version)
    throw errors.invalidDefinition(
      "$.version",
      `the document is of version '${own.version}', the command says '${version}'`,
    );
  return { name: given.name, version };
}

/** What a command calls a definition. */
export type GivenName = { readonly name: string; readonly version: string | undefined };

/** An argument as the name of a definition to be made. @throws ReplyError */
export function definitionName(argument: Buffer): GivenName {
  const given = splitDefinitionId(text(argument, "definition"));
  checkName(given.name, given.version);
  return given;
}

/** Stores a document under a name; the same one again is no change. @throws ReplyError */
export function createDefinition(
  { db, nowMs, server, session }: Call,
  given: GivenName,
  document: string,
): string {
  const known = referencesIn(db, given.name);
  const result = compileDocument(document, known);
  if (!result.ok) throw errors.invalidDefinition(result.path, result.reason);
  const { name, version } = agreed(given, result.own);
  checkName(name, version);
  const id = `${name}:${version}`;
  const existing = findDefinition(db, name, version);
  if (existing === undefined) {
    const references = Object.fromEntries(
      result.machine.sources.map((src) => [src, known.resolve(src) ?? src]),
    );
    const owner = session.user.name;
    const stored = putDefinition(db, { name, version, document, references, owner, createdMs: nowMs });
    server.charts.keep(stored, result.machine);
  } else if (!isSameDocument(existing.document, document)) throw errors.definitionExists(id);
  return id;
}
