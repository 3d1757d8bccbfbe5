/** The npm package, installed elsewhere: its command line, its client from CommonJS, its Python package. */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { installBeside, installPackage, notBuilt } from "../support/packed.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);
const why = notBuilt === undefined ? "" : ` (${notBuilt})`;

let project = "";

beforeAll(() => {
  if (notBuilt !== undefined) return;
  project = mkdtempSync(join(tmpdir(), "detent-test-"));
  installPackage(project);
});

afterAll(() => {
  if (project !== "") rmSync(project, { recursive: true, force: true });
});

async function port(): Promise<number> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  return server.port;
}

/** What a user writes in a project without `"type": "module"`. */
const PROGRAM = `
import client = require("detent/client");
import ioredis = require("ioredis");

async function main(port: number): Promise<void> {
  const redis = new ioredis.Redis(port);
  const doors = client.createClient(redis, { states: { shut: { on: { OPEN: "open" } }, open: {} } });
  await doors.define("door", { states: { shut: { on: { OPEN: "open" } }, open: {} } });
  await doors.create("d1", "door");
  const sent = await doors.send("d1", "OPEN");
  const states: readonly ("shut" | "open")[] = sent.states;
  const refused = await doors.send("d1", "OPEN").catch((error: unknown) => error);
  console.log(states, refused instanceof client.DetentError && refused.code);
  redis.disconnect();
}

void main(Number(process.argv[2]));
`;

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: false,
    rootDir: "src",
    outDir: "out",
  },
  include: ["src"],
};

test.skipIf(notBuilt !== undefined)(
  `the client compiles strictly in a CommonJS project, and is loaded by require()${why}`,
  async () => {
    installBeside(project, ["ioredis", "@types/node"]);
    mkdirSync(join(project, "src"));
    writeFileSync(join(project, "package.json"), '{"type":"commonjs"}');
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(TSCONFIG));
    writeFileSync(join(project, "src/program.ts"), PROGRAM);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const checked = await run(process.execPath, [tsc, "-p", project]).catch((error) => error);
    expect(checked.stdout).toBe("");
    const args = [join(project, "out/program.js"), String(await port())];
    expect((await run(process.execPath, args, { cwd: project })).stdout).toBe("[ 'open' ] ILLEGAL\n");
  },
  300_000,
);

/** Why pip is not tried; undefined where it is. */
function withoutPip(): string | undefined {
  if (notBuilt !== undefined) return notBuilt;
  try {
    execFileSync("/usr/bin/python3", ["-c", "import setuptools, pip, wheel, redis.asyncio"], {
      stdio: "ignore",
    });
    return undefined;
  } catch {
    return "skipped: no pip, setuptools, wheel and python3-redis here";
  }
}

const noPip = withoutPip();

test.skipIf(noPip !== undefined)(
  `the Python package of the npm package is installed by pip and sends an event${noPip === undefined ? "" : ` (${noPip})`}`,
  async () => {
    const directory = temporaryDirectory();
    const source = join(directory, "source");
    cpSync(join(project, "node_modules/detent/clients/python"), source, { recursive: true });
    const site = join(directory, "site");
    const offline = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--target", site];
    const environment = {
      ...process.env,
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      PIP_ROOT_USER_ACTION: "ignore",
    };
    await run("/usr/bin/python3", ["-m", "pip", "install", ...offline, source], { env: environment });
    const program = `
from redis import Redis
from detent import Client
client = Client(Redis(port=${await port()}))
client.define("door", {"states": {"shut": {"on": {"OPEN": "open"}}, "open": {}}})
client.create("d1", "door")
print(client.send("d1", "OPEN").states)
`;
    const env = { ...process.env, PYTHONPATH: site };
    expect((await run("/usr/bin/python3", ["-c", program], { env })).stdout).toBe("['open']\n");
    expect(existsSync(join(site, "detent/py.typed"))).toBe(true);
  },
  300_000,
);

// Last, so that the client above is there without the packages of the server.
test.skipIf(notBuilt !== undefined)(
  `detent of the package compares definitions and shows help${why}`,
  async () => {
    const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    installBeside(project, Object.keys(dependencies));
    const main = join(project, "node_modules/detent/dist/main.js");
    expect((await run(process.execPath, [main, "--version"])).stdout).toContain(version);
    expect((await run(process.execPath, [main, "--help"])).stdout).toContain("--port");
    const example = join(project, "node_modules/detent/examples/order.json");
    expect((await run(process.execPath, [main, "diff", example, example])).stdout).toContain("no difference");
  },
);
