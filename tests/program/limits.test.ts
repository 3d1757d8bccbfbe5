/** The program where the system gives it less than it asks for, or somebody signals what it does not know. */
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configOf } from "../../src/config/load.ts";
import { fitToDescriptors } from "../../src/descriptor-limit.ts";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { PROGRAM } from "../support/program-command.ts";
import { temporaryDirectory } from "../support/stores.ts";

const READY = /Ready to accept connections/;

/** The program under a limit on open files. */
function startLimited(openFilesMax: number, args: readonly string[]) {
  const command = ["sh", "-c", `ulimit -n ${openFilesMax}; exec "$@"`, "sh", ...PROGRAM];
  return startProgram({ args, command });
}

test("maxclients is reduced to what the limit on open files allows, with a warning", async () => {
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const program = startLimited(500, ["--port", "0", "--unixsocket", socket, "--dir", dir]);
  await program.printed(READY);
  expect(program.output()).toContain("requiring at least 10064 max file descriptors.");
  expect(program.output()).toContain(
    "# Current maximum open files is 500. maxclients has been reduced to 436 to compensate for low ulimit. " +
      "If you need higher maxclients increase 'ulimit -n'.\n",
  );
  const client = await TestClient.connect(socket);
  expect(await client.call("CONFIG", "GET", "maxclients")).toEqual(["maxclients", "436"]);
  expect(String(await client.call("CONFIG", "SET", "maxclients", "400"))).toBe("OK");
  expect((await client.exchange("CONFIG", "SET", "maxclients", "437")).bytes.toString()).toBe(
    "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - " +
      "The operating system is not able to handle the specified number of clients, try with 436\r\n",
  );
  expect(await client.call("CONFIG", "GET", "maxclients")).toEqual(["maxclients", "400"]);
});

test("maxclients stays as it is when the limit on open files allows it", async () => {
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const args = ["--port", "0", "--unixsocket", socket, "--dir", dir, "--maxclients", "100"];
  const program = startLimited(500, args);
  await program.printed(READY);
  expect(program.output()).not.toContain("maxclients");
  const client = await TestClient.connect(socket);
  expect(await client.call("CONFIG", "GET", "maxclients")).toEqual(["maxclients", "100"]);
});

test("as many clients as maxclients says are served under a low limit, and one more gets an error", async () => {
  const dir = temporaryDirectory();
  const path = join(dir, "socket");
  const program = startLimited(600, ["--port", "0", "--unixsocket", path, "--dir", dir]);
  await program.printed(READY);
  const clients: TestClient[] = [];
  // More than the system queues for a server that is slow to accept them would be refused, so each batch waits for a reply.
  while (clients.length < 536) {
    const batch = await Promise.all(Array.from({ length: 67 }, () => TestClient.connect(path)));
    await Promise.all(batch.map((client) => client.call("PING")));
    clients.push(...batch);
  }
  const replies = await Promise.all(clients.map((client) => client.call("INCR", "k")));
  expect(Math.max(...replies.map(Number))).toBe(536);
  const more = connect(path);
  const told = await new Promise((resolve) => more.on("data", (chunk) => resolve(String(chunk))));
  expect(told).toBe("-ERR max number of clients reached\r\n");
  await Promise.all(clients.map((client) => client.close()));
});

// The sources are a thousand files, which are loaded by a tool that fails in its own way.
test.skipIf(process.env["DETENT_BUILT"] !== "1").each([
  [64, /Your current 'ulimit -n' of 64 is not enough for the server to start\. .*\n$/],
  [28, /^The limit on open files, 'ulimit -n', is too low for the server to start\. .*\n$/],
])("the program ends with a message and 1 when %i open files are allowed", async (openFilesMax, message) => {
  const dir = temporaryDirectory();
  const program = startLimited(openFilesMax, ["--port", "0", "--unixsocket", "s", "--dir", dir]);
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(message);
});

test.skipIf(process.env["DETENT_BUILT"] !== "1")(
  "the program starts and serves its clients when 80 open files are allowed",
  async () => {
    const dir = temporaryDirectory();
    const path = join(dir, "socket");
    const program = startLimited(80, ["--port", "0", "--unixsocket", path, "--dir", dir]);
    await program.printed(READY);
    const clients = await Promise.all(Array.from({ length: 16 }, () => TestClient.connect(path)));
    const replies = await Promise.all(clients.map((client) => client.call("INCR", "k")));
    expect(Math.max(...replies.map(Number))).toBe(16);
  },
);

test("fitToDescriptors() reports the needed limit when there is no room for a client", () => {
  const config = configOf();
  const log = () => expect.fail("the message is returned");
  expect(fitToDescriptors(config, 64, log)).toBe(
    "Your current 'ulimit -n' of 64 is not enough for the server to start. " +
      "Please increase your open file limit to at least 10064. Exiting.",
  );
  expect(fitToDescriptors(config, undefined, log)).toBeUndefined();
  expect(config.get("maxclients")).toBe(10_000);
});

test.each(["SIGHUP", "SIGUSR1"] as const)("the signal %s has no effect", async (signal) => {
  const dir = temporaryDirectory();
  const socket = join(dir, "socket");
  const program = startProgram({ args: ["--port", "0", "--unixsocket", socket, "--dir", dir] });
  await program.printed(READY);
  const client = await TestClient.connect(socket);
  for (let at = 0; at < 10; at += 1) {
    program.child.kill(signal);
    expect(String(await client.call("PING"))).toBe("PONG");
  }
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  expect(program.output()).not.toMatch(/Debugger|inspector/i);
});
