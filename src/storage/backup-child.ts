/** A backup that is made by a process of its own while this one goes on. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { IS_SOURCE, programFile } from "../base/program-files.ts";
import { unfinishedFile } from "./backup.ts";

export interface BackupChild {
  readonly pid: number;
  /** Resolves to what was in the way; undefined: the backup is made. */
  readonly ended: Promise<string | undefined>;
  /** Gives it up. */
  stop(): void;
}

export function startBackup(directory: string, file: string, nowMs: number): BackupChild {
  const program = fileURLToPath(programFile("storage/backup-process"));
  const child = spawn(
    process.execPath,
    [...(IS_SOURCE ? ["--import", "tsx"] : []), program, directory, file, String(nowMs)],
    { cwd: dirname(program), stdio: ["ignore", "ignore", "pipe"] },
  );
  const pid = child.pid ?? 0;
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => {
      if (code !== 0) rmSync(unfinishedFile(file, pid), { force: true });
      resolve(code === 0 ? undefined : text.trim() || `its process ended with ${code ?? signal}`);
    });
  });
  return { pid, ended, stop: () => child.kill("SIGKILL") };
}
