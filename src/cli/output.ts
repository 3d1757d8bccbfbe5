/** Where subcommands write: results to standard output, everything else to standard error. */
import { writeSync } from "node:fs";
import type { Output } from "./subcommand.ts";

const STDOUT = 1;
const STDERR = 2;
const PROGRESS_INTERVAL_MS = 200;
const PERCENT = 100;

/** Lines are gone when a call returns. @param isTerminal whether somebody looks at standard error */
export function terminalOutput(isTerminal: boolean): Output {
  let shownMs = 0;
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) write(STDERR, "\r\x1b[K");
    hasProgress = false;
  };
  return {
    print: (line) => {
      clear();
      write(STDOUT, `${line}\n`);
    },
    note: (line) => {
      clear();
      write(STDERR, `${line}\n`);
    },
    progress: (what, done, of) => {
      const nowMs = performance.now();
      if (!isTerminal || nowMs - shownMs < PROGRESS_INTERVAL_MS) return;
      shownMs = nowMs;
      hasProgress = true;
      const percent = of > 0 ? ` ${Math.min(PERCENT, Math.floor((done * PERCENT) / of))}%` : "";
      write(STDERR, `\r\x1b[K${what}${percent} (${done}${of > 0 ? ` of ${of}` : ""})`);
    },
  };
}

/** A pipe that is full is tried again; one that nobody reads any more takes nothing. */
function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
