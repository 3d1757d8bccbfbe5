/** clients/python: its own tests, run with Debian's redis-py against a server of this test. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { missing } from "./external.ts";

const PYTHON = "/usr/bin/python3";
const reason = missing("python3-redis", PYTHON, "-c", "import redis.asyncio");
const FOLDER = join(import.meta.dirname, "../../clients/python");
const run = promisify(execFile);

test.skipIf(reason !== undefined)(
  `the Python package passes its own tests${reason === undefined ? "" : ` (${reason})`}`,
  async () => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const env = { PYTHONPATH: "src", PYTHONDONTWRITEBYTECODE: "1", DETENT_PORT: String(server.port) };
    const args = ["-W", "error::SyntaxWarning", "-m", "unittest", "-v", "tests/test_client.py"];
    const { stderr } = await run(PYTHON, args, { cwd: FOLDER, env: { ...process.env, ...env } }).catch(
      (error: { readonly stderr: string }) => error,
    );
    expect(stderr).toMatch(/^Ran \d+ tests in .*\n\nOK\n$/m);
  },
);

test.skipIf(reason !== undefined)("the modules for asyncio are what tools/make_aio.py makes", async () => {
  const { stdout } = await run(PYTHON, ["tools/make_aio.py", "--check"], { cwd: FOLDER }).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(stdout).toBe("");
});
