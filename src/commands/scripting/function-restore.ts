/** FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE]: adds the libraries that FUNCTION DUMP has returned. */
import { readDumpedLibraries } from "../../dump/libraries.ts";
import { allLibraries, findLibrary } from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import { OK } from "../../protocol/reply.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { dropLibrary, libraryName, loadLibrary, storeLibrary } from "./loading.ts";

const POLICIES = new Set(["FLUSH", "APPEND", "REPLACE"]);

export const functionRestore = {
  name: "FUNCTION|RESTORE",
  run: (call) => {
    const { args, databases } = call;
    if (args.length > 4) throw errors.unknownSubcommandOrArity("function", argument(args, 1));
    const policy = args.length === 4 ? token(args[3]) : "APPEND";
    if (policy === undefined || !POLICIES.has(policy)) throw errors.restorePolicy();
    const codes = readDumpedLibraries(argument(args, 2));
    const libraries = codes.map((code) => loadLibrary(call, libraryName(code), code));
    const names = new Set<string>();
    for (const { name } of libraries) {
      if (names.has(name)) throw errors.libraryExists(name);
      names.add(name);
    }
    if (policy === "FLUSH")
      for (const { name } of [...allLibraries(databases.transaction)]) dropLibrary(call, name);
    for (const library of libraries) {
      if (policy === "REPLACE") dropLibrary(call, library.name);
      else if (findLibrary(databases.transaction, library.name) !== undefined)
        throw errors.restoredLibraryExists(library.name);
    }
    for (const library of libraries) storeLibrary(call, library);
    return OK;
  },
} as const satisfies Handler;
