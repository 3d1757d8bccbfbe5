/** The log of the program where it cannot be written. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { PROGRAM } from "../support/program-command.ts";
import { temporaryDirectory } from "../support/stores.ts";

/** A program whose log is a file; resolves when it serves. */
async function startLogging(logfile: string) {
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const args = ["--port", "0", "--unixsocket", socket, "--dir", dir, "--logfile", logfile];
  const program = startProgram({ args: [...args, "--loglevel", "verbose"] });
  return { dir, socket, program, client: await TestClient.connectWhenServed(socket) };
}

/** Each connection is a line of the log. */
async function connectOnce(socket: string): Promise<void> {
  const client = await TestClient.connect(socket);
  await client.call("PING");
  await client.close();
}

async function droppedLineCount(client: TestClient): Promise<number> {
  const [, count] = /^log_lines_dropped:(\d+)/m.exec(String(await client.call("INFO", "stats"))) ?? [];
  return Number(count);
}

test.each([
  ["a missing folder", "missing/detent.log", "No such file or directory"],
  ["a directory", "folder", "Is a directory"],
  ["a file for a folder", "file/detent.log", "Not a directory"],
])("a log in %s ends the program with a message and 1", async (_, name, reason) => {
  const dir = temporaryDirectory();
  mkdirSync(join(dir, "folder"));
  writeFileSync(join(dir, "file"), "");
  const program = startProgram({ args: ["--port", "0", "--dir", dir, "--logfile", name] });
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(/^detent: Can't open the log file '.*': /);
  expect(program.output()).toContain(`${join(dir, name)}': ${reason}\n`);
});

test("a log whose folder is removed drops its lines, counts them, and says so when it is back", async () => {
  const folder = join(temporaryDirectory(), "logs");
  mkdirSync(folder);
  const logfile = join(folder, "detent.log");
  const { client, socket, program } = await startLogging(logfile);
  expect(await droppedLineCount(client)).toBe(0);
  renameSync(folder, `${folder}-away`);
  for (let at = 0; at < 3; at += 1) await connectOnce(socket);
  expect(await droppedLineCount(client)).toBe(3);
  mkdirSync(folder);
  await connectOnce(socket);
  expect(await droppedLineCount(client)).toBe(3);
  expect(readFileSync(logfile, "utf8")).toMatch(
    /^.* # 3 lines could not be logged here: No such file or directory\n.* - Accepted /,
  );
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  rmSync(`${folder}-away`, { recursive: true });
});

test("a log on a full disk drops its lines and the server goes on", async () => {
  const { client, program } = await startLogging("/dev/full");
  expect(String(await client.call("SET", "k", "v"))).toBe("OK");
  expect(await droppedLineCount(client)).toBeGreaterThan(3);
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

test("the program continues when standard output is full or closed", async () => {
  for (const output of [">/dev/full", ">&-"]) {
    const dir = temporaryDirectory();
    const socket = join(dir, "socket");
    const program = startProgram({
      args: ["--port", "0", "--unixsocket", socket, "--dir", dir],
      command: ["sh", "-c", `exec "$@" ${output}`, "sh", ...PROGRAM],
    });
    const client = await TestClient.connectWhenServed(socket);
    expect(String(await client.call("SET", "k", "v"))).toBe("OK");
    program.child.kill("SIGTERM");
    expect(await program.ended).toBe(0);
  }
});

test("the directory is made, for the server's user alone, when its parent is there", async () => {
  const dir = join(temporaryDirectory(), "data");
  const socket = join(dir, "socket");
  const program = startProgram({
    args: ["--port", "0", "--unixsocket", socket, "--dir", dir, "--logfile", "detent.log"],
  });
  await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "detent.log")).mode & 0o777).toBe(0o600);
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

test("log-format json: each line is an object, and CONFIG SET goes back to text", async () => {
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const logfile = join(dir, "log");
  startProgram({
    args: ["--port", "0", "--unixsocket", socket, "--dir", dir, "--logfile", logfile, "--log-format", "json"],
  });
  const client = await TestClient.connectWhenServed(socket);
  await client.call("PING");
  const lines = readFileSync(logfile, "utf8").trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map(({ message }) => message)).toContain("Ready to accept connections unix");
  for (const entry of entries) {
    expect(Object.keys(entry)).toEqual(["time", "level", "pid", "message"]);
    expect(Date.parse(String(entry["time"]))).toBeGreaterThan(Date.now() - 60_000);
  }
  await client.call("CONFIG", "SET", "log-format", "text", "loglevel", "verbose");
  await connectOnce(socket);
  expect(readFileSync(logfile, "utf8")).toMatch(/\n\d+:M .* - Accepted .*\n$/);
  await client.close();
});
