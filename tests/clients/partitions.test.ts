/** The Python package over a cluster with several partitions that change hands. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { sharedInMemory } from "../support/shared-servers.ts";
import { missing } from "./external.ts";

const PYTHON = "/usr/bin/python3";
const reason = missing("python3-redis", PYTHON, "-c", "import redis.asyncio.cluster");
const PACKAGE = new URL("../../clients/python/src", import.meta.url).pathname;
const SCRIPT = new URL("redis-py-partitions.py", import.meta.url).pathname;
const PARTITIONS = [0, 1, 2, 3, 4, 5];

test.skipIf(reason !== undefined).each(["sync", "aio"])(
  "changes and a worker (%s) read the streams of all partitions while these change hands",
  async (kind) => {
    const servers = await sharedInMemory();
    const keys = PARTITIONS.map((number) => servers.keyOf(number, "job"));
    const port = String(servers.server(0).running.port);
    const script = spawn(PYTHON, [SCRIPT, kind, port, ...keys], {
      env: { ...process.env, PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: "1" },
    });
    onTestFinished(() => void script.kill("SIGKILL"));
    let errors = "";
    script.stderr.on("data", (text: Buffer) => {
      errors += text.toString();
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: script.stdout })) {
      lines.push(line);
      if (line !== "moving") continue;
      for (const number of PARTITIONS) {
        const index = servers.servers.findIndex(({ held }) => held.includes(number));
        await servers.lose(index, number);
        await servers.take((index + 1) % servers.servers.length, number);
      }
    }
    if (script.exitCode === null) await once(script, "exit");
    expect({ lines, errors }).toEqual({ lines: ["moving", "done"], errors: "" });
  },
  60_000,
);
