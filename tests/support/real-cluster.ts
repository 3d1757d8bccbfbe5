/** Three servers, each a program of its own, over a PostgreSQL database: what clients are to live with. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSchema } from "../../src/storage/postgres/schema.ts";
import { TestClient } from "./client.ts";
import { freePort } from "./free-port.ts";
import { startPostgresServer } from "./postgres.ts";
import { PROGRAM } from "./program-command.ts";

export interface RealCluster {
  readonly url: string;
  /** All ports, those of standbys first. */
  readonly ports: readonly number[];
  readonly ownerPort: number;
  /** None unless they were asked for. */
  readonly httpPorts: readonly number[];
  /** Kills the owner; resolves when another one serves, and the killed one is there again. */
  takeOver(): Promise<void>;
  /** Has a server hand over all that it owns and end, and starts it again; resolves when all servers know it. */
  restart(index: number): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly port: number;
  readonly httpPort: number;
  child: ChildProcess;
  output: string;
}

/** Until when something may take its time on a machine that is busy. */
const PATIENCE_MS = 60_000;

export async function startRealCluster(partitionCount = 1, { hasHttp = false } = {}): Promise<RealCluster> {
  const database = await startPostgresServer(["fsync=off", "shared_buffers=16MB", "max_connections=60"]);
  if (database === undefined) throw new Error("PostgreSQL is not installed");
  const client = await database.connect();
  await createSchema(client, partitionCount);
  await client.end();
  const directory = mkdtempSync(join(tmpdir(), "detent-cluster-"));
  const begin = (port: number, httpPort: number): Running => {
    const [interpreter = "", ...rest] = PROGRAM;
    const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    where.push("--http-port", String(httpPort));
    const child = spawn(interpreter, [...rest, "--store", database.url, ...where], { stdio: "pipe" });
    const running: Running = { port, httpPort, child, output: "" };
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        running.output += chunk.toString();
      });
    return running;
  };
  const servers: Running[] = [];
  for (let count = 0; count < 3; count += 1) {
    servers.push(begin(await freePort(), hasHttp ? await freePort() : 0));
  }
  let ownerPort = 0;

  /** Asks the servers until one of those says that it is the master, and serves. */
  const untilOwned = (among: readonly Running[]): Promise<void> =>
    until("no server serves", servers, async () => {
      for (const { port } of among) {
        if (!(await isServing(port))) continue;
        ownerPort = port;
        return true;
      }
      return false;
    });
  const untilListening = (server: Running): Promise<void> =>
    until(`the server on port ${server.port} does not answer`, [server], () => answers(server.port));
  await Promise.all(servers.map(untilListening));
  await untilOwned(servers);
  const untilKnown = async (): Promise<void> => {
    for (const server of servers)
      await until(`the server on port ${server.port} does not list all`, [server], () =>
        knowsAll(server.port),
      );
  };
  await untilKnown();

  return {
    url: database.url,
    get ports() {
      return servers.map(({ port }) => port).sort((port) => (port === ownerPort ? 1 : -1));
    },
    get httpPorts() {
      return hasHttp ? servers.map(({ httpPort }) => httpPort) : [];
    },
    get ownerPort() {
      return ownerPort;
    },
    takeOver: async () => {
      const index = servers.findIndex(({ port }) => port === ownerPort);
      const killed = servers[index];
      if (killed === undefined) throw new Error("the owner is one of the servers");
      killed.child.kill("SIGKILL");
      await once(killed.child, "close");
      await untilOwned(servers.filter((server) => server !== killed));
      servers[index] = begin(killed.port, killed.httpPort);
      await untilListening(servers[index]);
      await untilKnown();
    },
    restart: async (index) => {
      const ended = servers[index];
      if (ended === undefined) throw new Error(`there is no server ${index}`);
      ended.child.kill("SIGTERM");
      await once(ended.child, "close");
      servers[index] = begin(ended.port, ended.httpPort);
      await untilListening(servers[index]);
      await untilKnown();
    },
    close: async () => {
      for (const { child } of servers) {
        const ended = once(child, "close");
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await ended;
      }
      await database.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Asks again until the answer is yes.
 * @throws Error with what the servers have printed, after `PATIENCE_MS`
 */
async function until(
  failure: string,
  servers: readonly Running[],
  isSo: () => Promise<boolean>,
): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > untilMs)
      throw new Error(`${failure}:\n${servers.map(({ output }) => output).join("\n--\n")}`);
    await delay(10);
  }
}

async function ask(port: number, ...request: string[]): Promise<string | undefined> {
  try {
    const client = await TestClient.connect(port);
    const { bytes } = await client.exchange(...request);
    await client.close();
    return bytes.toString();
  } catch {
    return undefined;
  }
}

async function answers(port: number): Promise<boolean> {
  return (await ask(port, "PING")) === "+PONG\r\n";
}

/** Whether a server lists three members that are alive: one that began again may still be listed as what it was before. */
async function knowsAll(port: number): Promise<boolean> {
  const lines = (await ask(port, "CLUSTER", "NODES"))?.split("\n") ?? [];
  return lines.filter((line) => line.includes("127.0.0.1") && !line.includes("fail")).length === 3;
}

async function isServing(port: number): Promise<boolean> {
  return (await ask(port, "DBSIZE"))?.startsWith(":") === true;
}
