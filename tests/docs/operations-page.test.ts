/** The commands of docs/operations.md are run, in order, against a server that runs. */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { PROGRAM } from "../support/program-command.ts";
import { temporaryDirectory } from "../support/stores.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
const hasClient = spawnSync("redis-cli", ["--version"]).status === 0;
if (!hasClient) console.log("redis-cli is not installed: the commands of docs/operations.md are not run");

const run = promisify(execFile);

test.skipIf(!hasClient)(
  "the commands of docs/operations.md do what they are for",
  async () => {
    const directory = temporaryDirectory();
    const [bin, data] = [join(directory, "bin"), join(directory, "data")];
    mkdirSync(bin);
    const port = await freePort();
    const program = (name: string, words: readonly string[]) => {
      writeFileSync(join(bin, name), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    };
    const { stdout } = await run("sh", ["-c", "command -v redis-cli"]);
    program("redis-cli", [stdout.trim(), "-e", "-p", String(port)]);
    program("detent", PROGRAM);
    const server = startProgram({ args: ["--port", String(port), "--bind", "127.0.0.1", "--dir", data] });
    await server.printed(/Ready to accept connections/);
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
    await run("redis-cli", ["SET", "k", "v"], { env });
    const commands = [...PAGE.matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].flatMap(([, text = ""]) =>
      text.trim().split("\n"),
    );
    expect(commands.length).toBeGreaterThan(12);
    for (const command of commands) {
      const words = command.replaceAll("/var/lib/detent", data).split(" ");
      if (words[1] === "compact") expect(await server.ended).toBe(0);
      const ending = words[1] === "SHUTDOWN";
      const { stdout: shown } = await run(words[0] ?? "", words.slice(1), { env, cwd: directory }).catch(
        (error: unknown) => {
          if (ending) return { stdout: "" };
          throw error;
        },
      );
      if (words[1] === "verify") expect(shown).toMatch(/all is well\n$/);
      if (words[1] === "PING") expect(shown).toBe("PONG\n");
      if (words[1] === "INFO") expect(shown).toContain("aof_last_write_status:ok");
      if (words[1] === "SM.VERIFY") expect(shown.trim()).toBe("");
    }
  },
  120_000,
);
