/** A library of functions as a line of an export. */

import type { StoredLibrary } from "../keyspace/libraries.ts";
import { findFunction, findLibrary, putLibrary, type StoredFunction } from "../keyspace/libraries.ts";
import { bytesOfJson, bytesToJson, FormFault, listOfJson, type PartFields } from "../keyspace/object-form.ts";
import type { Transaction } from "../keyspace/transaction.ts";

export function libraryToJson({ name, functions, code }: StoredLibrary): PartFields {
  return {
    library: name,
    functions: functions.map(({ name: its, flags, description }) => ({
      name: its,
      flags,
      ...(description === undefined ? {} : { description: bytesToJson(Buffer.from(description, "latin1")) }),
    })),
    code: bytesToJson(code),
  };
}

/** @throws FormFault */
export function takeLibrary(transaction: Transaction, fields: PartFields): void {
  const name = nameOf(fields["library"], "library");
  const functions = listOfJson(fields["functions"], "functions").map(functionOf);
  const code = bytesOfJson(fields["code"], "code");
  if (findLibrary(transaction, name) !== undefined)
    throw new FormFault("the library has been imported before");
  if (functions.length === 0) throw new FormFault("functions must not be empty");
  for (const { name: its } of functions)
    if (findFunction(transaction, its) !== undefined)
      throw new FormFault(`another library has the function '${its}'`);
  putLibrary(transaction, { name, functions, code });
}

function functionOf(json: unknown): StoredFunction {
  if (typeof json !== "object" || json === null) throw new FormFault("a function must be an object");
  const { name, flags = [], description } = json as PartFields;
  const words = listOfJson(flags, "flags");
  if (!words.every((word) => typeof word === "string"))
    throw new FormFault("flags must be a list of strings");
  return {
    name: nameOf(name, "the name of a function"),
    flags: words,
    description:
      description === undefined ? undefined : bytesOfJson(description, "description").toString("latin1"),
  };
}

function nameOf(json: unknown, what: string): string {
  if (typeof json === "string" && /^\w+$/.test(json)) return json;
  throw new FormFault(`${what} must be a name of letters, digits and _`);
}
