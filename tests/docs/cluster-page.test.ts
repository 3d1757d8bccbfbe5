/** The session of docs/cluster.md, played with programs over PostgreSQL. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { noPostgres, startPostgresServer } from "../support/postgres.ts";
import { PROGRAM } from "../support/program-command.ts";
import { temporaryDirectory } from "../support/stores.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/cluster.md"), "utf8");
const URL_SHOWN = "postgres://detent@db.example/detent";
const PORTS_SHOWN = ["6379", "6380", "6381"];

const hasClient = spawnSync("redis-cli", ["--version"]).status === 0;
const missing = noPostgres ?? (hasClient ? undefined : "redis-cli is not installed");
if (missing !== undefined) console.log(`${missing}: the session of docs/cluster.md is not played`);

const run = promisify(execFile);

/** What differs from run to run: times, sizes, ids. */
function leveled(text: string): string {
  return text
    .replace(/\b\d+ (ms|bytes|records)\b/g, "N $1")
    .replace(/\b(pid|mark|version) [\d.]+/g, "$1 N")
    .replace(/\bid [0-9a-f]{40}\b/g, "id X");
}

async function answer(port: string, ...request: string[]): Promise<string> {
  try {
    const client = await TestClient.connect(Number(port));
    const { bytes } = await client.exchange(...request);
    await client.close();
    return bytes.toString();
  } catch {
    return "";
  }
}

async function until(port: string, pattern: RegExp, ...request: string[]): Promise<void> {
  while (!pattern.test(await answer(port, ...request))) await delay(10);
}

test.skipIf(missing !== undefined)(
  "the session of docs/cluster.md prints what the page shows",
  async () => {
    const database = await startPostgresServer(["fsync=off", "shared_buffers=16MB"]);
    if (database === undefined) return;
    onTestFinished(() => database.stop());
    const directory = temporaryDirectory();
    mkdirSync(directory, { recursive: true });
    const command = join(directory, "detent");
    writeFileSync(command, `#!/bin/sh\nexec ${PROGRAM.map((word) => `'${word}'`).join(" ")} "$@"\n`);
    chmodSync(command, 0o755);
    const env = { ...process.env, PATH: `${directory}:${process.env["PATH"]}` };
    // In the order of their numbers, in which members are listed.
    const ports = [await freePort(), await freePort(), await freePort()].sort((a, b) => a - b).map(String);
    const real = (text: string) =>
      PORTS_SHOWN.reduce(
        (all, shown, index) => all.replaceAll(shown, ports[index] ?? ""),
        text.replaceAll(URL_SHOWN, database.url),
      );
    const shown = (text: string) =>
      ports.reduce(
        (all, port, index) => all.replaceAll(port, PORTS_SHOWN[index] ?? ""),
        text.replaceAll("postgres://tester@/postgres", URL_SHOWN),
      );
    const servers: ChildProcess[] = [];
    onTestFinished(() => {
      for (const server of servers) server.kill("SIGKILL");
    });

    for (const [, kind = "", text = ""] of PAGE.matchAll(/^```sh (run|start|kill)\n([\s\S]*?)^```$/gm)) {
      if (kind === "start") {
        for (const [index, line] of text.trim().split("\n").entries()) {
          const [, ...args] = real(line).split(" ");
          servers.push(
            spawn(command, [...args, "--bind", "127.0.0.1", "--dir", directory], { stdio: "ignore" }),
          );
          // The first one takes the lease before there is another.
          if (index === 0) await until(ports[0] ?? "", /^:/, "DBSIZE");
        }
        for (const port of ports) await until(port, /cluster_known_nodes:3\r/, "CLUSTER", "INFO");
      } else if (kind === "kill") {
        const [owner] = servers;
        owner?.kill("SIGKILL");
        if (owner !== undefined) await once(owner, "close");
        const standbys = ports.slice(1);
        while (
          !(await Promise.all(standbys.map((port) => answer(port, "DBSIZE")))).some((reply) =>
            reply.startsWith(":"),
          )
        )
          await delay(10);
        for (const port of standbys) await until(port, /cluster_state:ok/, "CLUSTER", "INFO");
      } else {
        const printed: string[] = [];
        for (const line of text.split("\n").filter((each) => each.startsWith("$ "))) {
          const { stdout } = await run(
            "sh",
            ["-c", real(line.slice(2)).replace(database.url, `'${database.url}'`)],
            { env },
          );
          printed.push(line, shown(stdout).trimEnd());
          if (stdout.endsWith("\n\n")) printed.push("");
        }
        expect(leveled(printed.join("\n")).trimEnd()).toBe(leveled(text).trimEnd());
      }
    }
  },
  180_000,
);
