/** The program as a process of its own, started with the arguments a user would give. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { PROGRAM } from "./program-command.ts";

export interface ProgramOptions {
  readonly args: readonly string[];
  /** What it reads from standard input. */
  readonly stdin?: string;
  readonly cwd?: string;
  /** Variables of its environment, beside those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is run instead of the sources: a built program, with its interpreter. */
  readonly command?: readonly string[];
}

export interface Program {
  readonly child: ChildProcess;
  /** Standard output and standard error so far. */
  output(): string;
  /** Resolves when a line of the output matches. @throws Error with the output when the program ends before */
  printed(pattern: RegExp): Promise<void>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts it; killed at the end of the test if it still runs. */
export function startProgram({ args, stdin, cwd, env, command }: ProgramOptions): Program {
  const [interpreter = "", ...rest] = command ?? PROGRAM;
  const child = spawn(interpreter, [...rest, ...args], {
    stdio: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
  });
  child.stdin.end(stdin ?? "");
  let output = "";
  const waiting = new Set<() => void>();
  const received = (chunk: Buffer) => {
    output += chunk.toString();
    for (const check of waiting) check();
  };
  child.stdout.on("data", received);
  child.stderr.on("data", received);
  const ended = once(child, "close").then(
    ([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null,
  );
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = () => {
        if (!pattern.test(output)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then((code) => reject(new Error(`the program ended with ${code}:\n${output}`)));
    });
  return { child, output: () => output, printed, ended };
}
