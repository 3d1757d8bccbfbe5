/** detent compact */

import { existsSync } from "node:fs";
import { Store } from "../keyspace/store.ts";
import { compactData } from "../storage/compact.ts";
import { OpenError } from "../storage/ordered-store.ts";
import {
  DIRECTORY_HELP,
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_OK,
  type Subcommand,
} from "./subcommand.ts";

export const compact: Subcommand = {
  name: "compact",
  summary: "release the space that data.mdb no longer needs; the server must not run",
  help: `Usage: detent compact [--dir DIR | --config FILE]

Rewrites data.mdb without its free pages. When data is deleted, the file keeps its size and uses the free pages again;
this command releases them to the disk. The server must not run, and the disk must have room for a second file with the
remaining data. An interruption leaves the directory as it was.

${DIRECTORY_HELP}

Prints the bytes of the file before and after. Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent compact --dir /var/lib/detent
`,
  options: DIRECTORY_OPTIONS,
  operands: [0, 0],
  run: async (_operands, given, surroundings) => {
    const { objects, output } = surroundings;
    const directory = directoryOption(given, surroundings);
    if (!existsSync(`${directory}/data.mdb`)) throw new OpenError(`there is no store in '${directory}'`);
    // What only the journals have goes into the data file.
    await Store.open(directory, objects).close();
    const { bytesBefore, bytesAfter } = await compactData(directory, (done, of) =>
      output.progress("entries written:", done, of),
    );
    output.print(`${directory}/data.mdb: ${bytesBefore} bytes before, ${bytesAfter} bytes now`);
    return EXIT_OK;
  },
};
