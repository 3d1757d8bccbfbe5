/**
 * The log of the program: a file, or standard output. A line that cannot be written is no reason to stop serving: it
 * is dropped and counted, and when lines can be written again the first one says how many are missing.
 */
import { appendFileSync, closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { fileFault } from "./base/file-fault.ts";
import { isLogged, jsonLogLine, type Log, type LogLevel, logLine } from "./base/log.ts";
import type { Config } from "./config/config.ts";

/** Nobody but the server's user reads it: lines may name keys and addresses. */
const LOG_FILE_MODE = 0o600;

export interface ProgramLog {
  readonly log: Log;
  /** How many lines could not be written so far. */
  droppedLineCount(): number;
}

/** The log cannot be written to at the start; the message is for the operator. */
export class LogFileError extends Error {
  override readonly name = "LogFileError";
}

/** @throws LogFileError when the directive `logfile` names what cannot be a log */
export function openLog(config: Config): ProgramLog {
  const name = config.get("logfile");
  const path = name === "" ? undefined : resolve(config.get("dir"), name);
  if (path !== undefined) checkLogFile(path);
  let droppedCount = 0;
  /** Lines that could not be written since one was, and why. */
  let gap: { readonly count: number; readonly reason: string } | undefined;
  const drop = (error: unknown) => {
    droppedCount += 1;
    gap = { count: (gap?.count ?? 0) + 1, reason: fileFault(error) };
  };
  // Whoever reads our output may go away, or its disk may be full.
  process.stdout.on("error", () => undefined);
  const write = (line: string): void => {
    if (path !== undefined) appendFileSync(path, line, { mode: LOG_FILE_MODE });
    else {
      process.stdout.write(line, (error) => {
        if (error !== null && error !== undefined) drop(error);
      });
    }
  };

  const log = (text: string, level: LogLevel = "notice") => {
    if (!isLogged(level, config.get("loglevel"))) return;
    const at = { pid: process.pid, nowMs: Date.now() };
    const lineOf = config.get("log-format") === "json" ? jsonLogLine : logLine;
    try {
      if (gap !== undefined) {
        write(lineOf(`${gap.count} lines could not be logged here: ${gap.reason}`, "warning", at));
        gap = undefined;
      }
      write(lineOf(text, level, at));
    } catch (error) {
      drop(error);
    }
  };
  return { log, droppedLineCount: () => droppedCount };
}

function checkLogFile(path: string): void {
  try {
    closeSync(openSync(path, "a", LOG_FILE_MODE));
  } catch (error) {
    throw new LogFileError(`Can't open the log file '${path}': ${fileFault(error)}`);
  }
}
