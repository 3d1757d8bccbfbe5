/** What is on disk when. Detent has one store and no dump files, so most of Redis' switches have nothing to act on. */
import { directive, IMMUTABLE, NO_EFFECT, NO_EFFECT_IMMUTABLE } from "../directive.ts";
import { bool, choice, integer, memory } from "../scalar-types.ts";
import { savePoints } from "../structured-types.ts";
import { fileName, path } from "../text-types.ts";

export const DURABILITY = {
  // Redis' order is everysec, always, no, and its fault text lists it so.
  appendfsync: directive(
    choice("everysec", "always", "no"),
    "always",
    "When a write is on disk: before its reply, within a second, or when the operating system decides.",
  ),
  "journal-archive-dir": directive(
    path(),
    "",
    "A folder that gets a copy of each full journal before it is used again, to go back to a moment. Empty: none.",
    IMMUTABLE,
  ),
  appendonly: directive(bool, true, "Every change is stored in any case.", NO_EFFECT),
  save: directive(
    savePoints,
    [],
    "Every change is stored in any case; there are no dumps to schedule.",
    NO_EFFECT,
  ),
  dbfilename: directive(
    fileName("dbfilename"),
    "dump.detent",
    "The file in `dir` that SAVE and BGSAVE make: a backup in Detent's own form.",
  ),
  appendfilename: directive(
    fileName("appendfilename"),
    "appendonly.aof",
    "There is no append-only file.",
    NO_EFFECT_IMMUTABLE,
  ),
  appenddirname: directive(
    fileName("appenddirname"),
    "appendonlydir",
    "There is no append-only file.",
    NO_EFFECT_IMMUTABLE,
  ),
  "stop-writes-on-bgsave-error": directive(
    bool,
    true,
    "A failed commit always stops writes; a backup that fails never does.",
    NO_EFFECT,
  ),
  rdbcompression: directive(bool, true, "There is no dump file to compress.", NO_EFFECT),
  rdbchecksum: directive(bool, true, "There is no dump file to check.", NO_EFFECT_IMMUTABLE),
  "rdb-del-sync-files": directive(bool, false, "There are no dump files of a replication.", NO_EFFECT),
  "rdb-save-incremental-fsync": directive(bool, true, "There is no dump file to flush.", NO_EFFECT),
  "no-appendfsync-on-rewrite": directive(bool, false, "There is no rewrite to wait for.", NO_EFFECT),
  "auto-aof-rewrite-percentage": directive(
    integer({ max: 2147483647 }),
    100,
    "The store needs no rewriting.",
    NO_EFFECT,
  ),
  "auto-aof-rewrite-min-size": directive(memory(), 64 * 2 ** 20, "The store needs no rewriting.", NO_EFFECT),
  "aof-load-truncated": directive(bool, true, "The store is never loaded from a log.", NO_EFFECT),
  "aof-use-rdb-preamble": directive(bool, true, "There is no append-only file.", NO_EFFECT),
  "aof-rewrite-incremental-fsync": directive(bool, true, "There is no append-only file.", NO_EFFECT),
  "aof-timestamp-enabled": directive(bool, false, "History is part of the store.", NO_EFFECT),
  "aof-disable-auto-gc": directive(bool, false, "There is no append-only file.", NO_EFFECT),
};
