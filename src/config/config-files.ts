/** What the configuration needs of the file system. Handed in, so that all else here is pure. */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { globMatcher } from "../base/glob.ts";

export interface ConfigFiles {
  /** The bytes of a file. @throws an error of the file system, with its `code`. */
  read(path: string): Buffer;
  /** The existing paths a pattern with `*`, `?` or `[…]` stands for, in order. */
  expand(pattern: string): readonly string[];
  /** Replaces a file in one step, so that a crash leaves the old or the new one. @throws as `read` does. */
  replace(path: string, text: Buffer): void;
}

/** The real file system. */
export const nodeConfigFiles: ConfigFiles = { read: readFileSync, expand, replace };

function expand(pattern: string): readonly string[] {
  const [root = "", ...segments] = pattern.split("/");
  let paths = [root === "" ? "/" : root];
  for (const segment of segments.filter((name) => name !== "")) {
    paths = paths.flatMap((folder) => matchingNames(folder, segment).map((name) => join(folder, name)));
  }
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** What one segment of a pattern stands for in a folder. As in a shell, only a leading dot finds hidden files. */
function matchingNames(folder: string, segment: string): readonly string[] {
  if (!/[*?[]/.test(segment)) return [segment];
  const matches = globMatcher(segment);
  return namesIn(folder).filter(
    (name) => matches(name) && (segment.startsWith(".") || !name.startsWith(".")),
  );
}

/** Names in a folder, sorted; none when it is not a folder that can be read. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function replace(path: string, text: Buffer): void {
  const temporary = `${path}.${process.pid}.tmp`;
  // The new file keeps the permissions of the old one: it may hold a password.
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600;
  const file = openSync(temporary, "wx", 0o600);
  try {
    // Not by opening it: the umask would take some away.
    fchmodSync(file, mode & 0o777);
    writeSync(file, text);
    fsyncSync(file);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  flushFolder(dirname(path));
}

function flushFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
