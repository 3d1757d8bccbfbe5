/** Definitions on their way to another database, where a machine that is pinned to them goes. */
import { isDeepStrictEqual } from "node:util";
import { assert } from "../base/assert.ts";
import type { Database } from "../keyspace/database.ts";
import type { DefinitionName } from "../keyspace/layouts.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import { copyDefinition, findDefinition, type StoredDefinition, splitDefinitionId } from "./definitions.ts";
import { decodeMachine } from "./record.ts";

/**
 * Before the object of a record goes to another database: takes the definition a machine is pinned to along.
 * @throws ReplyError DEFEXISTS when another document stands under its name there
 */
export function takeDefinitionAlong(from: Database, record: KeyRecord, to: Database): void {
  if (record.type !== "machine" || from.phys === to.phys) return;
  const { definition } = decodeMachine(record);
  if (definition === undefined) return;
  takeAlong(from, definition, to);
}

/** With the definitions of its children, which never lead back to it. */
function takeAlong(from: Database, { name, version }: DefinitionName, to: Database): void {
  const here = findDefinition(from, name, version);
  assert(here !== undefined, `the definition ${name}:${version} that is in use`);
  const there = findDefinition(to, name, version);
  if (there !== undefined) {
    if (!isSame(here, there)) throw errors.definitionExists(`${name}:${version}`);
    return;
  }
  for (const id of Object.values(here.references)) {
    const child = splitDefinitionId(id);
    takeAlong(from, { name: child.name, version: child.version ?? "" }, to);
  }
  copyDefinition(here, to);
}

/** The same document, with children of the same versions. */
function isSame(a: StoredDefinition, b: StoredDefinition): boolean {
  return isSameDocument(a.document, b.document) && isDeepStrictEqual(a.references, b.references);
}

/** White space makes no other document; the order of keys does, since it is document order. */
export function isSameDocument(a: string, b: string): boolean {
  return a === b || JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
}
