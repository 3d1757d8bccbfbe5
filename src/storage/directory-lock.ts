/**
 * One server to a directory. The lock must end with the process however it ends, and hold between containers
 * that share a volume, each with a process 1 of its own: only the kernel's `flock` does both. Node has no call
 * for it, but a lock belongs to the open file, not to the process that asked: the `flock` program (util-linux,
 * busybox) locks a descriptor of ours that it inherits and exits, and the lock stays as long as we live. What is
 * locked is the directory itself, as a file in it might be cleaned away while we run.
 *
 * The lock file names the process, for people and for systems without that program or without locks on directories:
 * there it is the lock, with the time the process started, so that another one of that number is not taken for it.
 */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { OpenError } from "./ordered-store.ts";

export const LOCK_FILE = "detent.lock";

/** `flock -n` exits so when another holds the lock. */
const EXIT_HELD = 1;

export interface DirectoryLock {
  release(): void;
}

/** @throws OpenError when another process has the directory, or the lock file cannot be written */
export function lockDirectory(directory: string): DirectoryLock {
  const path = `${directory}/${LOCK_FILE}`;
  const descriptor = openLockFile(path);
  const holder = readHolder(path);
  const directoryDescriptor = openSync(directory, "r");
  const close = () => {
    closeSync(descriptor);
    closeSync(directoryDescriptor);
  };
  if (isHeld([directoryDescriptor, descriptor], holder)) {
    close();
    const by = holder === undefined ? "another server" : `process ${holder.pid}`;
    throw new OpenError(
      `the directory '${directory}' is in use by ${by} (it is locked): stop it, or start with another --dir`,
    );
  }
  ftruncateSync(descriptor, 0);
  writeSync(descriptor, `${process.pid} ${startTime(process.pid) ?? ""}\n`, 0);
  const release = () => {
    ftruncateSync(descriptor, 0);
    close();
  };
  return { release };
}

/** True when the process that had a directory last did not close it, or still has it. */
export function wasLeftOpen(directory: string): boolean {
  const path = `${directory}/${LOCK_FILE}`;
  return existsSync(path) && readHolder(path) !== undefined;
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function openLockFile(path: string): number {
  try {
    return openSync(path, "a+", 0o644);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpenError(`cannot write '${path}': ${reason}: give the server's user the right to write there`);
  }
}

function readHolder(path: string): Holder | undefined {
  const match = /^(\d+) (\d*)$/m.exec(readFileSync(path, "latin1"));
  return match === null ? undefined : { pid: Number(match[1]), started: match[2] ?? "" };
}

/** Locks the first of some descriptors that can be locked. */
function isHeld(descriptors: readonly number[], holder: Holder | undefined): boolean {
  for (const descriptor of descriptors) {
    const flock = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", descriptor] });
    if (flock.error === undefined && flock.status === 0) return false;
    if (flock.error === undefined && flock.status === EXIT_HELD) return true;
  }
  if (holder === undefined) return false;
  const started = startTime(holder.pid);
  return started === undefined ? isAliveWithoutProc(holder.pid) : started === holder.started;
}

/** When a process started, in ticks since boot; undefined when it is gone or there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    // The second field, the program's name, may hold blanks and parentheses; field 22 is the start.
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}

function isAliveWithoutProc(pid: number): boolean {
  if (startTime(process.pid) !== undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
