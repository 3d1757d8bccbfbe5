import { expect, onTestFinished, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { missing, outputOf } from "./external.ts";
import { ORDER } from "./order.ts";

/** Debian's interpreter: the package python3-redis is for no other. It speaks RESP2. */
const PYTHON = "/usr/bin/python3";
const reason = missing("python3-redis", PYTHON, "-c", "import redis");

test.skipIf(reason !== undefined).each([
  ["plays the order", "redis-py.py", JSON.stringify(ORDER), /^\d+\.\d+/],
  [
    "drives streams, groups, tasks, pub/sub, keyspace notifications and tracking",
    "redis-py-streams.py",
    "",
    /^streams\nwaiting\ngroups\ntasks\nchannels\nnotifications\ntracking\n$/,
  ],
])(`redis-py %s${reason === undefined ? "" : ` (${reason})`}`, async (_title, script, stdin, output) => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const path = new URL(script, import.meta.url).pathname;
  expect(await outputOf(PYTHON, [path, String(server.port)], stdin)).toMatch(output);
});
