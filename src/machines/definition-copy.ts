/** Definitions on their way to another database, where a machine that is pinned to them goes. */
import { assert } from "../base/assert.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import * as errors from "../protocol/errors.ts";
import { copyDefinition, findDefinition } from "./definitions.ts";
import { decodeMachine } from "./record.ts";

/**
 * Before the object of a record goes to another database: takes the definition a machine is pinned to along.
 * @throws ReplyError DEFEXISTS when another document stands under its name there
 */
export function takeDefinitionAlong(from: Database, record: KeyRecord, to: Database): void {
  if (record.type !== "machine" || from.phys === to.phys) return;
  const { definition } = decodeMachine(record);
  if (definition === undefined) return;
  const { name, version } = definition;
  const here = findDefinition(from, name, version);
  assert(here !== undefined, `the definition ${name}:${version} a machine is pinned to`);
  const there = findDefinition(to, name, version);
  if (there === undefined) copyDefinition(here, to);
  else if (!isSameDocument(here.document, there.document))
    throw errors.definitionExists(`${name}:${version}`);
}

/** White space makes no other document; the order of keys does, since it is document order. */
export function isSameDocument(a: string, b: string): boolean {
  return a === b || JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
}
