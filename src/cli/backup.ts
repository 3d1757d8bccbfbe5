/** detent backup DIR|FILE */
import { constants, setPriority } from "node:os";
import { backupFile, makeBackup } from "../storage/backup.ts";
import {
  DIRECTORY_HELP,
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_OK,
  type Subcommand,
} from "./subcommand.ts";

export const backup: Subcommand = {
  name: "backup",
  summary: "make a backup of a server's directory, while it runs or not",
  help: `Usage: detent backup TARGET [--dir DIR | --config FILE]

Makes a backup of a server's directory in one file. The server may run under load meanwhile, and does not wait for the
backup. The backup has every write that was acknowledged before it began, and each write as a whole or not at all.

TARGET is a file, which is replaced when the backup is complete, or a directory, which gets a file named after the time.

${DIRECTORY_HELP}

Prints the file, its bytes, and the position and time of the last write that it holds. Exit codes: 0 done, 1 failed,
2 wrong arguments.

Examples:
  detent backup /backups/ --dir /var/lib/detent
  detent backup detent.backup --config /etc/detent/detent.conf
  docker exec detent detent backup /backups/      in a container, whose current directory is the server's
`,
  options: DIRECTORY_OPTIONS,
  operands: [1, 1],
  run: async ([target = ""], given, surroundings) => {
    const { nowMs, output } = surroundings;
    yieldToOthers();
    const made = await makeBackup({
      directory: directoryOption(given, surroundings),
      file: backupFile(target, nowMs),
      nowMs,
      onProgress: (done, of) => output.progress("entries written:", done, of),
    });
    output.print(`${made.file}: ${made.bytes} bytes, ${placeOf(made.position, made.positionAtMs)}`);
    return EXIT_OK;
  },
};

/** Whoever serves requests has the processor first. */
function yieldToOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where that is not allowed, it goes on as it is.
  }
}

/** A position and its time, as a person reads them. */
export function placeOf(position: number, atMs: number | undefined): string {
  return `position ${position}${atMs === undefined ? "" : `, ${new Date(atMs).toISOString()}`}`;
}
