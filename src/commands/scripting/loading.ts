/** What FUNCTION LOAD and FUNCTION RESTORE share: code becomes a library, and a library is stored. */
import {
  findFunction,
  findLibrary,
  libraryFigures,
  putLibrary,
  removeLibrary,
  type StoredLibrary,
} from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import { readLibraryHead } from "../../scripts/library-head.ts";
import type { Call } from "../handler.ts";

/** How many bytes the code of all libraries may have. */
const LIBRARY_BYTES_MAX = 32 * 1024 * 1024;

/** The name that code gives its library. @throws ReplyError */
export function libraryName(code: Buffer): string {
  const head = readLibraryHead(code);
  if (typeof head === "string") throw errors.err(head);
  return head.name;
}

/** Runs code that came with a request and becomes a library. @throws ReplyError with what is wrong with it */
export function loadLibrary({ server }: Call, name: string, given: Buffer): StoredLibrary {
  // A request's bytes pin all of the memory they arrived in.
  const code = Buffer.from(given);
  const functions = server.functions.load({ name, code });
  return {
    name,
    code,
    functions: functions.map(({ name: its, flags, description }) => ({
      name: its,
      flags: [...flags],
      description,
    })),
  };
}

/** Stores a library whose name is free. @throws ReplyError where a function of another library has a name of its */
export function storeLibrary({ databases: { transaction } }: Call, library: StoredLibrary): void {
  for (const { name } of library.functions)
    if (findFunction(transaction, name) !== undefined) throw errors.functionExists(name);
  putLibrary(transaction, library);
  if (libraryFigures(transaction).bytes > LIBRARY_BYTES_MAX)
    throw errors.librariesTooLarge(LIBRARY_BYTES_MAX);
}

/** Removes a library. @returns false when there is none of that name */
export function dropLibrary({ databases: { transaction }, server }: Call, name: string): boolean {
  const library = findLibrary(transaction, name);
  if (library === undefined) return false;
  removeLibrary(transaction, library);
  server.functions.forget(library.code);
  return true;
}
