import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { splitInline } from "../../src/protocol/inline-request.ts";
import { TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const READY = /Ready to accept connections/;

describe("the program", () => {
  test("starts, keeps data, and ends with 0 on SIGTERM", async () => {
    const dir = temporaryDirectory();
    const port = await freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir];
    const first = startProgram({ args });
    await first.printed(READY);
    expect(first.output()).toMatch(
      /^\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} \* Detent \d+\.\d+\.\d+ /,
    );
    expect(first.output()).toMatch(new RegExp(`Store opened in ${dir} .* in \\d+ ms`));
    expect(first.output()).toContain(`Listening on 127.0.0.1:${port}`);
    const client = await TestClient.connect(port);
    expect(String(await client.call("SET", "k", "v"))).toBe("OK");
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain("Received SIGTERM");
    await client.closed();

    const second = startProgram({ args });
    await second.printed(READY);
    const again = await TestClient.connect(port);
    expect(String(await again.call("GET", "k"))).toBe("v");
    again.write("*1\r\n$8\r\nSHUTDOWN\r\n");
    await again.closed();
    expect(await second.ended).toBe(0);
  });

  test("requests that have arrived are answered before SIGINT ends the program", async () => {
    const dir = temporaryDirectory();
    const socketPath = join(dir, "socket");
    const program = startProgram({ args: ["--port", "0", "--unixsocket", socketPath, "--dir", dir] });
    await program.printed(READY);
    const client = await TestClient.connect(socketPath);
    await client.call("PING");
    const replies = client.pipeline(Array.from({ length: 500 }, (_, at) => ["SET", `k${at}`, "v"]));
    program.child.kill("SIGINT");
    for (const { bytes } of await replies) expect(bytes.toString()).toBe("+OK\r\n");
    await client.closed();
    expect(await program.ended).toBe(0);
  });

  test("reads a configuration file and standard input, and writes log and pid files", async () => {
    const dir = temporaryDirectory();
    const data = join(dir, "data");
    mkdirSync(data);
    const file = join(dir, "detent.conf");
    writeFileSync(
      file,
      `port 0\nunixsocket ${dir}/socket\nlogfile out.log\npidfile run.pid\nmaxclients 77\n`,
    );
    const program = startProgram({ args: [file, "--dir", data, "-"], stdin: "timeout 9\nmaxclients 78\n" });
    await expect
      .poll(
        () => existsSync(join(data, "out.log")) && READY.test(readFileSync(join(data, "out.log"), "utf8")),
        { timeout: 15_000 },
      )
      .toBe(true);
    expect(readFileSync(join(data, "run.pid"), "utf8")).toBe(`${program.child.pid}\n`);
    const client = await TestClient.connect(`${dir}/socket`);
    expect(String(await client.call("CONFIG", "GET", "timeout"))).toBe("timeout,9");
    expect(String(await client.call("CONFIG", "GET", "maxclients"))).toBe("maxclients,78");
    program.child.kill("SIGTERM");
    expect(await program.ended).toBe(0);
    expect(program.output()).toBe("");
    expect(existsSync(join(data, "run.pid"))).toBe(false);
  });

  test("CONFIG REWRITE writes what was set into the file, for the next start", async () => {
    const dir = temporaryDirectory();
    const file = join(dir, "detent.conf");
    const socketPath = join(dir, "socket");
    writeFileSync(file, `# ours\nport 0\nunixsocket ${socketPath}\nmaxclients 77\n`);
    const first = startProgram({ args: [file, "--dir", dir] });
    await first.printed(READY);
    const client = await TestClient.connect(socketPath);
    expect(await client.call("CONFIG", "SET", "maxclients", "78", "sm-compat", "module")).toBe("OK");
    expect(await client.call("CONFIG", "REWRITE")).toBe("OK");
    await client.close();
    first.child.kill("SIGTERM");
    await first.ended;
    expect(readFileSync(file, "utf8")).toMatch(/^# ours\nport 0\n/);

    const second = startProgram({ args: [file] });
    await second.printed(READY);
    const again = await TestClient.connect(socketPath);
    expect(await again.call("CONFIG", "GET", "maxclients")).toEqual(["maxclients", "78"]);
    expect(await again.call("CONFIG", "GET", "sm-compat")).toEqual(["sm-compat", "module"]);
    expect(await again.call("CONFIG", "GET", "dir")).toEqual(["dir", dir]);
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
  });

  test("a configuration file that is wrong prints the block that Redis prints, and ends with 1", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "detent.conf"), "port 6400\nnosuch x\n");
    const program = startProgram({ args: [join(directory, "detent.conf")], cwd: directory });
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(
      /\*\*\* FATAL CONFIG FILE ERROR \(Detent [\d.]+\) \*\*\*\nReading the configuration file, at line 2\n>>> 'nosuch x'\nBad directive or wrong number of arguments\n/,
    );
  });

  test("an option that is wrong prints what would be right, and ends with 1", async () => {
    const program = startProgram({ args: ["--port", "6400", "--maxclient", "x"], cwd: temporaryDirectory() });
    expect(await program.ended).toBe(1);
    expect(program.output()).toBe(
      "detent: there is no option --maxclient; did you mean --maxclients?\nRun 'detent --help' for usage.\n",
    );
  });

  test("a data directory is created when its parent exists, and refused when it does not", async () => {
    const parent = temporaryDirectory();
    const program = startProgram({ args: ["--port", "0", "--dir", join(parent, "missing", "data")] });
    expect(await program.ended).toBe(1);
    expect(program.output()).toBe(
      `detent: Can't create the data directory '${parent}/missing/data': its parent '${parent}/missing' does not exist\n`,
    );
    expect(existsSync(join(parent, "missing"))).toBe(false);
    const socket = join(parent, "socket");
    const second = startProgram({
      args: ["--port", "0", "--unixsocket", socket, "--dir", join(parent, "data")],
    });
    await second.printed(READY);
    expect(existsSync(join(parent, "data"))).toBe(true);
  });

  test("the banner says where the server listens, where data is, and that there is no password", async () => {
    const dir = temporaryDirectory();
    const port = await freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--always-show-logo", "yes"];
    const program = startProgram({ args });
    await program.printed(/Ctrl-C stops the server/);
    const shown = program.output();
    expect(shown).toContain(`  Redis protocol  127.0.0.1:${port}\n`);
    expect(shown).toContain("  Console         off; --http-port 8379 turns it on\n");
    expect(shown).toContain(`  Data            ${dir} (appendfsync always)\n`);
    expect(shown).toContain(
      "  Password        none; connections from other hosts are refused (protected-mode yes)\n",
    );
    expect(shown).toContain(`Without redis-cli: detent call --url redis://127.0.0.1:${port}, or`);
    const client = await TestClient.connect(port);
    const typed = [...shown.matchAll(/redis-cli -p \d+ (SM\..*)/g)].map(
      ([, request = ""]) => splitInline(Buffer.from(request)) ?? [],
    );
    expect(typed.length).toBe(4);
    for (const words of typed) expect(String(await client.call(...words))).not.toMatch(/^[A-Z]+ /);
    await client.close();
  });

  test("a server without a password says so in its log when it writes to no terminal", async () => {
    const socket = join(temporaryDirectory(), "socket");
    const args = [
      "--port",
      "0",
      "--unixsocket",
      socket,
      "--dir",
      temporaryDirectory(),
      "--protected-mode",
      "no",
    ];
    const program = startProgram({ args });
    await program.printed(/# Password: none; every host that reaches this port can do everything/);
    expect(program.output()).not.toContain("Ctrl-C");
  });

  test("ends with a message and 1 when the directory is a file", async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, "file"), "");
    const program = startProgram({ args: ["--port", "0", "--dir", join(dir, "file")] });
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(/# .*is not a directory: start with another --dir\n/);
  });

  test("ends with a message and 1 when the port or the directory is in use", async () => {
    const dir = temporaryDirectory();
    const port = await freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1"];
    const first = startProgram({ args: [...args, "--dir", dir] });
    await first.printed(READY);
    const samePort = startProgram({ args: [...args, "--dir", temporaryDirectory()] });
    expect(await samePort.ended).toBe(1);
    expect(samePort.output()).toMatch(/# Could not create server TCP listening socket .*EADDRINUSE/);
    const sameDirectory = startProgram({ args: ["--port", "0", "--unixsocket", "s", "--dir", dir] });
    expect(await sameDirectory.ended).toBe(1);
    expect(sameDirectory.output()).toMatch(/# .*in use/);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
  });

  test("ends with 1 when there is no address to listen on", async () => {
    const program = startProgram({ args: ["--port", "0", "--dir", temporaryDirectory()] });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain("Configured to not listen anywhere, exiting.");
  });

  test("--version and --help print and end with 0", async () => {
    const version = startProgram({ args: ["--version"] });
    expect(await version.ended).toBe(0);
    expect(version.output()).toMatch(/^Detent server v=\d+\.\d+\.\d+ /);
    const help = startProgram({ args: ["--help"] });
    expect(await help.ended).toBe(0);
    expect(help.output()).toMatch(/^Usage: detent /);
    const word = startProgram({ args: ["help"] });
    expect(await word.ended).toBe(0);
    expect(word.output()).toBe(help.output());
    const subcommand = startProgram({ args: ["help", "backup"] });
    expect(await subcommand.ended).toBe(0);
    expect(subcommand.output()).toMatch(/^Usage: detent backup /);
  });

  test("a client that takes no replies does not keep the server from ending", async () => {
    const dir = temporaryDirectory();
    const path = join(dir, "socket");
    const args = ["--port", "0", "--unixsocket", path, "--dir", dir, "--shutdown-timeout", "1"];
    const program = startProgram({ args });
    await program.printed(READY);
    const client = await TestClient.connect(path);
    await client.call("SET", "big", Buffer.alloc(8 << 20, "x"));
    const stuck = connect(path);
    stuck.on("error", () => undefined);
    stuck.pause();
    stuck.write("GET big\r\n");
    await client.call("PING");
    program.child.kill("SIGTERM");
    expect(await program.ended).toBe(0);
    stuck.destroy();
  });

  test("daemonize yes runs in the background with the configuration of standard input, until SHUTDOWN", async () => {
    const dir = temporaryDirectory();
    const socket = join(dir, "socket");
    const args = [
      "--port",
      "0",
      "--daemonize",
      "yes",
      "--dir",
      dir,
      "--logfile",
      "log",
      "--pidfile",
      "pid",
      "-",
    ];
    const program = startProgram({ args, stdin: `unixsocket ${socket}\nmaxclients 77\n` });
    expect(await program.ended).toBe(0);
    expect(program.output()).toBe("");
    await expect.poll(() => existsSync(join(dir, "pid")), { timeout: 20_000 }).toBe(true);
    const client = await TestClient.connect(socket);
    expect(await client.call("CONFIG", "GET", "maxclients")).toEqual(["maxclients", "77"]);
    expect(readFileSync(join(dir, "pid"), "utf8")).not.toBe(`${program.child.pid}\n`);
    client.write("*1\r\n$8\r\nSHUTDOWN\r\n");
    await client.closed();
    await expect.poll(() => existsSync(join(dir, "pid")), { timeout: 20_000 }).toBe(false);
    expect(readFileSync(join(dir, "log"), "utf8")).toContain("bye bye");
  });

  test("daemonize yes with a configuration that is wrong says so and ends with 1", async () => {
    const program = startProgram({ args: ["--daemonize", "yes", "--port", "x"], cwd: temporaryDirectory() });
    expect(await program.ended).toBe(1);
    expect(program.output()).toContain("detent: --port x: argument couldn't be parsed into an integer\n");
  });

  test("variables of the environment are directives, and options override them", async () => {
    const dir = temporaryDirectory();
    const socket = join(dir, "socket");
    const program = startProgram({
      args: ["--port", "0", "--dir", dir, "--timeout", "7"],
      env: { DETENT_UNIXSOCKET: socket, DETENT_TIMEOUT: "5", DETENT_MAXCLIENTS: "77", DETENT_NOSUCH: "1" },
    });
    await program.printed(READY);
    expect(program.output()).toContain("# DETENT_NOSUCH in the environment names no directive\n");
    const client = await TestClient.connect(socket);
    expect(await client.call("CONFIG", "GET", "timeout", "maxclients")).toEqual([
      "timeout",
      "7",
      "maxclients",
      "77",
    ]);
  });
});
