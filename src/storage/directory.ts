/**
 * What is looked at before LMDB may touch a directory. LMDB maps its file and trusts it: a file that is cut
 * short or is something else ends the process by a signal instead of an error, so all that can be seen from
 * outside is checked here first. Nothing is changed but the directory being made.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { OpenError } from "./ordered-store.ts";

export const DATA_FILE = "data.mdb";

/** LMDB's own figures: a page header, then the meta block, at the front of pages 0 and 1. */
const META_OFFSET = 24;
const META_BYTES = 136;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** @throws OpenError when the directory cannot be made, read or written */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(resolve(directory));
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw directoryError(directory, error);
  }
}

/**
 * Makes a directory and those above it that are missing. Not mkdir with `recursive`: below /proc, where a directory
 * that is there takes no other, Node 20 tries for ever.
 */
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory);
}

/** Makes the names in a directory as durable as the files. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file as the system knows it, whatever its name is by now. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** True when a path still leads to a file. */
export function leadsTo(path: string, file: FileIdentity): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.dev === file.dev && stat.ino === file.ino;
}

/** Bytes that the server's user may still write to the file system that a file is on; undefined when it is gone. */
export function freeBytes(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** The size of a file in bytes; undefined when there is none. @throws OpenError when it is not a file */
export function fileBytes(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile())
    throw new OpenError(`'${path}' is not a file: move it away, the server needs that name`);
  return stat.size;
}

/**
 * Looks whether LMDB can open a file without harm.
 * @param bytesMin what the file is known to have had
 * @throws OpenError when it is cut short, zeroed, or not LMDB's
 */
export function checkDataFile(path: string, bytes: number, bytesMin: number): void {
  const cure = "restore it from a backup, or start with another --dir";
  const descriptor = openSync(path, "r");
  try {
    const first = readMeta(descriptor, 0);
    const isOurs = first !== undefined && isPowerOfTwo(first.pageBytes);
    if (!isOurs)
      throw new OpenError(`'${path}' is not a Detent store (${bytes} bytes, no LMDB head): ${cure}`);
    const second = readMeta(descriptor, first.pageBytes);
    if (second === undefined || second.pageBytes !== first.pageBytes) {
      throw new OpenError(`'${path}' is damaged (its second meta page is not one): ${cure}`);
    }
    const newest = second.transaction > first.transaction ? second : first;
    const pageCount = BigInt(Math.floor(bytes / first.pageBytes));
    if (bytes < bytesMin || newest.roots.some((root) => root !== NO_PAGE && root >= pageCount)) {
      throw new OpenError(`'${path}' is cut short (${bytes} bytes are less than it had): ${cure}`);
    }
  } finally {
    closeSync(descriptor);
  }
}

interface Meta {
  readonly pageBytes: number;
  /** Root pages of the free list and of the data. */
  readonly roots: readonly bigint[];
  readonly transaction: bigint;
}

function readMeta(descriptor: number, offset: number): Meta | undefined {
  const meta = Buffer.alloc(META_BYTES);
  if (readSync(descriptor, meta, 0, META_BYTES, offset + META_OFFSET) < META_BYTES) return undefined;
  if (meta.readUInt32LE(0) !== MAGIC || meta.readUInt32LE(4) !== DATA_VERSION) return undefined;
  return {
    pageBytes: meta.readUInt32LE(24),
    roots: [meta.readBigUInt64LE(64), meta.readBigUInt64LE(112)],
    transaction: meta.readBigUInt64LE(128),
  };
}

function isPowerOfTwo(bytes: number): boolean {
  return bytes >= PAGE_BYTES_MIN && bytes <= PAGE_BYTES_MAX && (bytes & (bytes - 1)) === 0;
}

function notADirectory(directory: string): OpenError {
  return new OpenError(`'${directory}' is not a directory: start with another --dir`);
}

function directoryError(directory: string, error: unknown): OpenError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOTDIR" || code === "EEXIST") return notADirectory(directory);
  const reason = error instanceof Error ? error.message : String(error);
  const cures = new Map<unknown, string>([
    ["EACCES", "give the server's user the right to read and write there, or start with another --dir"],
    ["EPERM", "give the server's user the right to read and write there, or start with another --dir"],
    ["EROFS", "the file system is mounted read-only; start with another --dir"],
    ["ENOSPC", "the disk is full; free some space"],
  ]);
  return new OpenError(
    `cannot use the directory '${directory}': ${reason}: ${cures.get(code) ?? "start with another --dir"}`,
  );
}
