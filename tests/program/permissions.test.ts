/** Who may read what the program writes. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { PROGRAM } from "../support/program-command.ts";
import { temporaryDirectory } from "../support/stores.ts";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** The modes of all files in the data directory, after a start under a umask and a write. */
async function modesUnder(umask: string): Promise<ReadonlySet<string>> {
  const dir = temporaryDirectory();
  const data = join(dir, "data");
  mkdirSync(data);
  const program = startProgram({
    args: ["--port", "0", "--unixsocket", join(dir, "socket"), "--dir", data],
    command: ["sh", "-c", `umask ${umask}; exec "$@"`, "sh", ...PROGRAM],
  });
  await program.printed(/Ready to accept connections/);
  const client = await TestClient.connect(join(dir, "socket"));
  await client.call("SET", "k", "v");
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  return new Set(readdirSync(data).map((name) => modeOf(join(data, name))));
}

test("the files of the store are for the server's user alone under the usual umask", async () => {
  for (const mode of await modesUnder("0022")) expect(mode).toMatch(/^[67]00$/);
});

test("a umask that somebody chose is left as it is", async () => {
  expect([...(await modesUnder("0027"))].some((mode) => mode === "640")).toBe(true);
});

test("CONFIG REWRITE leaves the permissions of the file as they are", async () => {
  const dir = temporaryDirectory();
  const file = join(dir, "detent.conf");
  writeFileSync(file, `port 0\nunixsocket ${dir}/socket\ndir ${dir}\n`);
  chmodSync(file, 0o664);
  const program = startProgram({ args: [file] });
  await program.printed(/Ready to accept connections/);
  const client = await TestClient.connect(join(dir, "socket"));
  await client.call("CONFIG", "SET", "timeout", "5");
  expect(String(await client.call("CONFIG", "REWRITE"))).toBe("OK");
  expect(modeOf(file)).toBe("664");
});
