/** What the hash commands share. */
import * as errors from "../../protocol/errors.ts";
import { settleHashEncoding } from "../../values/encoding.ts";
import { Table } from "../../values/table.ts";
import type { Call } from "../handler.ts";
import { heldAt, heldForWrite, heldOrNew } from "../held-values.ts";

/** The hash at a key that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function hashAt(call: Call, key: Buffer): Table | undefined {
  const held = heldAt(call, key, "hash");
  return held === undefined ? undefined : new Table(held);
}

/** The hash at a key that parts are taken from. @throws ReplyError WRONGTYPE */
export function hashForWrite(call: Call, key: Buffer): Table | undefined {
  const held = heldForWrite(call, key, "hash");
  return held === undefined ? undefined : new Table(held);
}

/** The hash at a key, which need not be there yet. @throws ReplyError WRONGTYPE */
export function hashOrNew(call: Call, key: Buffer): Table {
  return new Table(heldOrNew(call, key, "hash"));
}

/** Sets fields to values, which come by turns; how many fields are new. */
export function setFields(call: Call, table: Table, pairs: readonly Buffer[]): number {
  let added = 0;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [name, value] = [pairs[at], pairs[at + 1]];
    if (name !== undefined && value !== undefined && table.set(name, value)) added += 1;
  }
  const { values } = call.server.config;
  settleHashEncoding(table, pairs, {
    entriesMax: values["hash-max-listpack-entries"],
    bytesMax: values["hash-max-listpack-value"],
  });
  return added;
}

/** The pairs of HSET and HMSET, from the third argument on. @throws ReplyError when one has no value */
export function pairsOf({ args, command }: Call): readonly Buffer[] {
  if (args.length % 2 !== 0) throw errors.wrongNumberOfArguments(command.name);
  return args.slice(2);
}
