/** The npm package: what is in it is enough to run, installed elsewhere. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const wasBuilt = process.env["DETENT_BUILT"] === "1";

interface Packed {
  readonly filename: string;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

test.skipIf(!wasBuilt)(
  `the packed program runs elsewhere${wasBuilt ? "" : " (skipped: run make test, which builds it)"}`,
  async () => {
    const directory = temporaryDirectory();
    const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", directory];
    const [packed] = JSON.parse(execFileSync("npm", options, { cwd: ROOT, encoding: "utf8" })) as Packed[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths).toEqual(
      expect.arrayContaining(["dist/main.js", "commands.json", "package.json", "LICENSE", "README.md"]),
    );
    expect(paths.filter((path) => /^(src|tests|node_modules|data)\//.test(path))).toEqual([]);

    execFileSync("tar", ["xzf", join(directory, packed?.filename ?? ""), "-C", directory]);
    // The packages it depends on, as npm would lay them beside it; this needs no registry.
    const installed = join(directory, "package", "node_modules");
    mkdirSync(join(installed, "@marcbachmann"), { recursive: true });
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      dependencies: object;
    };
    for (const name of Object.keys(dependencies))
      symlinkSync(join(ROOT, "node_modules", name), join(installed, name));

    const socket = join(directory, "socket");
    const command = [process.execPath, join(directory, "package", "dist", "main.js")];
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
