/** FUNCTION LOAD [REPLACE] code: adds a library of functions, or takes the place of the one of its name. */
import { findLibrary } from "../../keyspace/libraries.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { dropLibrary, libraryName, loadLibrary, storeLibrary } from "./loading.ts";

export const functionLoad = {
  name: "FUNCTION|LOAD",
  run: (call) => {
    const { args, databases } = call;
    const codeAt = args.length - 1;
    let replaces = false;
    for (const option of args.slice(2, codeAt)) {
      if (token(option) !== "REPLACE") throw errors.functionLoadOption(option);
      replaces = true;
    }
    const code = argument(args, codeAt);
    const name = libraryName(code);
    if (!replaces && findLibrary(databases.transaction, name) !== undefined) throw errors.libraryExists(name);
    const library = loadLibrary(call, name, code);
    const before = findLibrary(databases.transaction, name);
    // The same code again is compiled anew, which must not be forgotten.
    if (before !== undefined && before.code.equals(library.code)) return Buffer.from(name, "latin1");
    dropLibrary(call, name);
    storeLibrary(call, library);
    return Buffer.from(name, "latin1");
  },
} as const satisfies Handler;
