/** detent restore BACKUP */
import { Store } from "../keyspace/store.ts";
import type { RestoreTarget } from "../storage/journal-chain.ts";
import { restore as restoreBackup } from "../storage/restore.ts";
import { placeOf } from "./backup.ts";
import {
  DIRECTORY_HELP,
  DIRECTORY_OPTIONS,
  directoryOption,
  EXIT_OK,
  type Subcommand,
  textOption,
  textOptions,
  UsageError,
} from "./subcommand.ts";

export const restore: Subcommand = {
  name: "restore",
  summary: "restore a backup to a new directory, up to a time or position if wanted",
  help: `Usage: detent restore BACKUP [--dir DIR | --config FILE] [--archive DIR ...] [--until TIME|POSITION]

Restores a backup to a directory, on which a server can then start. The directory must not have a store yet.

${DIRECTORY_HELP}
  --archive DIR   a directory with the journals that follow the backup: that of 'journal-archive-dir', and the rest of
                  the server's own directory; may be given several times
  --until WHEN    stop after the last write up to a time, 2026-11-29T14:00:00Z or @1764424800 (Unix seconds), or up to
                  a position, which is a number; without it the restore goes as far as the journals

Prints the position and time of the last write that was restored. Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent restore /backups/detent-20261129T020000Z.backup --dir /var/lib/detent
  detent restore monday.backup --dir new --archive /archive --archive /var/lib/detent.broken
  detent restore monday.backup --dir new --archive /archive --until 2026-11-29T13:59:59Z
  detent restore monday.backup --dir new --archive /archive --until 814203
`,
  options: {
    ...DIRECTORY_OPTIONS,
    archive: { type: "string", multiple: true },
    until: { type: "string" },
  },
  operands: [1, 1],
  run: async ([backup = ""], given, surroundings) => {
    const { output, objects } = surroundings;
    const until = textOption(given, "until");
    const archives = textOptions(given, "archive");
    if (until !== undefined && archives.length === 0)
      throw new UsageError(
        "--until needs the journals that follow the backup: name their directories by --archive",
      );
    const directory = directoryOption(given, surroundings);
    const restored = await restoreBackup({
      backup,
      directory,
      archives,
      target: until === undefined ? undefined : targetOf(until),
      openAndClose: (work) => Store.open(work, objects).close(),
      onProgress: (done, of) => output.progress("bytes read:", done, of),
    });
    if (restored.endsBefore)
      output.note(`The journals end before ${until}; later writes, if there were any, are in none of them.`);
    const journals =
      restored.journalCount === 0
        ? ""
        : `, with ${restored.journalCount} ${restored.journalCount === 1 ? "journal" : "journals"} after the backup`;
    output.print(`${directory}: ${placeOf(restored.position, restored.atMs)}${journals}`);
    return EXIT_OK;
  },
};

/** @throws UsageError */
function targetOf(until: string): RestoreTarget {
  if (/^\d{1,15}$/.test(until)) return { kind: "position", position: Number(until) };
  const [, seconds] = /^@(\d{1,12}(?:\.\d+)?)$/.exec(until) ?? [];
  const atMs = seconds === undefined ? timeOf(until) : Math.round(Number(seconds) * 1000);
  if (Number.isNaN(atMs))
    throw new UsageError(
      `'${until}' is neither a position nor a time: write 814203, 2026-11-29T14:00:00Z or @1764424800`,
    );
  return { kind: "time", atMs };
}

/** A time has a zone: whose clock is meant must not be guessed. */
function timeOf(text: string): number {
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:(\.\d{1,3}))?)?(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  if (!isTime) return Number.NaN;
  return Date.parse(text.replace(" ", "T"));
}
