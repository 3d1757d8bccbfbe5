/** Indexes of databases as arguments. */

import type { Databases } from "../keyspace/databases.ts";
import * as errors from "../protocol/errors.ts";
import { integer, parseInteger } from "./arguments.ts";

const INT_MIN = -(2n ** 31n);
const INT_MAX = 2n ** 31n - 1n;

/** An integer of 32 bits, which may yet be the index of no database; undefined for anything else. */
export function parseIndex(bytes: Buffer): number | undefined {
  const index = parseInteger(bytes);
  return index === undefined || index < INT_MIN || index > INT_MAX ? undefined : Number(index);
}

/** The index of a database there is. @throws ReplyError when it is no integer of 32 bits, or there is no such one */
export function databaseIndex(bytes: Buffer, databases: Databases): number {
  const index = integer(bytes);
  if (index < INT_MIN || index > INT_MAX) throw errors.notBetween(INT_MIN, INT_MAX);
  if (index < 0n || index >= BigInt(databases.count)) throw errors.databaseOutOfRange();
  return Number(index);
}
