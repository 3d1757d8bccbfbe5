/** The npm package: what is in it is enough to run, installed elsewhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { installBeside, installPackage, notBuilt } from "../support/packed.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

test.skipIf(notBuilt !== undefined)(
  `the packed program runs elsewhere${notBuilt === undefined ? "" : ` (${notBuilt})`}`,
  async () => {
    const directory = temporaryDirectory();
    const paths = installPackage(directory);
    expect(paths).toEqual(
      expect.arrayContaining(["dist/main.js", "commands.json", "package.json", "LICENSE", "README.md"]),
    );
    expect(paths.filter((path) => /^(src|tests|node_modules|data)\//.test(path))).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      dependencies: object;
    };
    installBeside(directory, Object.keys(dependencies));

    const socket = join(directory, "socket");
    const command = [process.execPath, join(directory, "node_modules", "detent", "dist", "main.js")];
    const args = ["--port", "0", "--unixsocket", socket, "--dir", join(directory, "data")];
    const program = startProgram({ args, command, cwd: directory });
    await program.printed(/Ready to accept connections/);
    const client = await TestClient.connect(socket);
    expect(String(await client.call("SM.CREATE", "m"))).toBe("OK");
    await client.close();
    program.child.kill("SIGTERM");
    expect(await program.ended).toBe(0);
  },
);
