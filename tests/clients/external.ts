/** Clients that are programs of their own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** Undefined when a program runs and succeeds, or the reason to skip, as the name of the test tells it. */
export function missing(name: string, program: string, ...args: readonly string[]): string | undefined {
  const { status } = spawnSync(program, args, { stdio: "ignore" });
  return status === 0 ? undefined : `skipped: ${name} is not installed`;
}

/** Runs a program to its end; standard output as text. @throws Error with standard error when it fails */
export async function outputOf(program: string, args: readonly string[], stdin = ""): Promise<string> {
  const child = spawn(program, args, { stdio: "pipe" });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.end(stdin);
  const [code] = await once(child, "close");
  if (code !== 0)
    throw new Error(`${program} ended with ${code}: ${Buffer.concat(err)}${Buffer.concat(out)}`);
  return Buffer.concat(out).toString();
}
