/**
 * docs/client.md is a program in pieces, with what it prints beneath them. Here a user's project compiles it, strictly,
 * beside the examples, against the installed package, and runs it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { installBeside, installPackage, notBuilt } from "../support/packed.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const page = readFileSync(join(ROOT, "docs/client.md"), "utf8");

/** What is in the fences of a language, one after the other. */
function fences(language: string): string {
  const found = page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...found].map(([, text]) => text).join("");
}

/** Checks the types of the package too, which `skipLibCheck` would pass over. */
const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    rootDir: "src",
    outDir: "out",
  },
  include: ["src"],
};

test.skipIf(notBuilt !== undefined)(
  `the program of docs/client.md compiles and prints what stands there${notBuilt === undefined ? "" : ` (${notBuilt})`}`,
  async () => {
    const project = temporaryDirectory();
    installPackage(project);
    installBeside(project, ["ioredis", "@types/node"]);
    const server = await startTestServer();
    onTestFinished(() => server.close());
    mkdirSync(join(project, "src"));
    const program = fences("ts");
    expect(program).toContain("6379");
    writeFileSync(join(project, "src/page.ts"), program.replaceAll("6379", String(server.port)));
    for (const example of ["store.ts", "conversations.ts", "casern.ts", "conflux.ts"])
      cpSync(join(ROOT, "examples", example), join(project, "src", example));
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(TSCONFIG));

    const run = promisify(execFile);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const checked = await run(process.execPath, [tsc, "-p", project]).catch((error) => error);
    expect(checked.stdout).toBe("");
    const { stdout } = await run(process.execPath, [join(project, "out/page.js")], { cwd: project });
    expect(stdout).toBe(fences("text"));
  },
  300_000,
);
