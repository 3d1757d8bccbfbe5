/** FUNCTION DUMP: all libraries, in a form that FUNCTION RESTORE takes, here or on a Redis server. */
import { dumpLibraries } from "../../dump/libraries.ts";
import { allLibraries } from "../../keyspace/libraries.ts";
import type { Handler } from "../handler.ts";

export const functionDump = {
  name: "FUNCTION|DUMP",
  run: ({ databases }) => dumpLibraries([...allLibraries(databases.transaction)].map(({ code }) => code)),
} as const satisfies Handler;
