import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { missing, outputOf } from "./external.ts";
import { ORDER } from "./order.ts";

/** Debian's interpreter: the package python3-redis is for no other. */
const PYTHON = "/usr/bin/python3";
const reason = missing("python3-redis", PYTHON, "-c", "import redis");

test.skipIf(reason !== undefined)(
  `redis-py plays the order${reason === undefined ? "" : ` (${reason})`}`,
  async () => {
    const server = await startTestServer();
    try {
      const script = new URL("redis-py.py", import.meta.url).pathname;
      const version = await outputOf(PYTHON, [script, String(server.port)], JSON.stringify(ORDER));
      expect(version).toMatch(/^\d+\.\d+/);
    } finally {
      await server.close();
    }
  },
);
