/** What a container of the image starts with, played with stand-ins for the programs the entrypoint calls. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authority } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

interface Started {
  readonly output: string;
  readonly status: number | null;
}

/** Runs the entrypoint as a user; the stand-ins print what they were called with. */
function start(userId: number, ...args: readonly string[]): Started {
  const directory = temporaryDirectory();
  const bin = join(directory, "bin");
  mkdirSync(bin);
  const standIn = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  standIn("id", `echo \${DETENT_TEST_USER:-${userId}}`);
  standIn("detent", 'echo "detent $*, umask $(umask)"');
  standIn("find", 'echo "find $*"');
  // Drops root as the real one does, as far as the entrypoint can tell.
  standIn(
    "setpriv",
    'echo "setpriv $1 $2 $3"; while [ "$1" != -- ]; do shift; done; shift; DETENT_TEST_USER=999 exec "$@"',
  );
  const { stdout, stderr, status } = spawnSync(
    "sh",
    ["-c", 'umask 0022; exec "$0" "$@"', join(ROOT, "docker/entrypoint.sh"), ...args],
    {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      cwd: directory,
      encoding: "utf8",
    },
  );
  return { output: `${stdout}${stderr}`, status };
}

const DROPPED =
  "find . ! -user detent -exec chown detent {} +\nsetpriv --reuid=detent --regid=detent --clear-groups\n";

describe("the entrypoint of the image", () => {
  test.each([
    ["the server by its name", ["detent"], `${DROPPED}detent , umask 0077\n`],
    ["options alone", ["--port", "7000"], `${DROPPED}detent --port 7000, umask 0077\n`],
    [
      "a configuration file",
      ["/etc/detent.conf", "--port", "1"],
      `${DROPPED}detent /etc/detent.conf --port 1, umask 0077\n`,
    ],
    ["the name of Redis' server", ["redis-server"], `${DROPPED}detent , umask 0077\n`],
    [
      "the name of Redis' server and options",
      ["redis-server", "--protected-mode", "no"],
      `${DROPPED}detent --protected-mode no, umask 0077\n`,
    ],
    ["another program", ["echo", "a  b"], "a  b\n"],
  ])("started as root with %s", (_name, args, output) => {
    expect(start(0, ...args)).toEqual({ output, status: 0 });
  });

  test("changes nothing and keeps the user when it is started as another user", () => {
    expect(start(1000, "--port", "7000")).toEqual({ output: "detent --port 7000, umask 0077\n", status: 0 });
  });

  test("the image exposes Redis' port, keeps /data, and turns protected mode off", () => {
    const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
    for (const line of ["EXPOSE 6379", "VOLUME /data", "WORKDIR /data", 'CMD ["detent"]'])
      expect(dockerfile).toContain(line);
    expect(dockerfile).toMatch(/^ENV .*\bDETENT_CONTAINER=yes\b/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK .* CMD \["node", "\/app\/dist\/healthcheck.js"\]$/m);
  });
});

describe("the health check", () => {
  const healthcheck = [
    process.execPath,
    "--import",
    import.meta.resolve("tsx"),
    join(ROOT, "src/healthcheck.ts"),
  ];

  test("ends with 0 while the server answers, password or not, and with 1 afterwards", async () => {
    const port = String(await freePort());
    const dir = temporaryDirectory();
    const args = ["--port", port, "--bind", "127.0.0.1", "--dir", dir, "--requirepass", "secret"];
    const server = startProgram({ args });
    await server.printed(/Ready to accept connections/);
    expect(await startProgram({ args, command: healthcheck }).ended).toBe(0);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(await startProgram({ args, command: healthcheck }).ended).toBe(1);
  });

  test("asks over TLS when there is no plain port, with the server's certificate or with none", async () => {
    const port = String(await freePort());
    const dir = temporaryDirectory();
    const ours = authority(dir, "ours");
    const { cert, key } = ours.issue("server");
    const args = [
      ...["--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--dir", dir],
      ...["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ours.cert],
    ];
    const server = startProgram({ args });
    await server.printed(/Ready to accept connections tls/);
    expect(await startProgram({ args, command: healthcheck }).ended).toBe(0);
    const anonymous = args.filter((word) => ![cert, key, "--tls-cert-file", "--tls-key-file"].includes(word));
    expect(await startProgram({ args: anonymous, command: healthcheck }).ended).toBe(0);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(await startProgram({ args, command: healthcheck }).ended).toBe(1);
  });

  test("asks on the Unix socket when there is no port", async () => {
    const dir = temporaryDirectory();
    const args = ["--port", "0", "--unixsocket", "detent.sock", "--dir", dir];
    const server = startProgram({ args });
    await server.printed(/Ready to accept connections unix/);
    expect(await startProgram({ args, command: healthcheck }).ended).toBe(0);
  });
});
