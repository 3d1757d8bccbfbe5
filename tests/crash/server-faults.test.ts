/** A running server meets errors of the disk, injected from outside: clients read -MISCONF and can go on reading. */
import { expect, onTestFinished, test } from "vitest";
import type { TestClient } from "../support/client.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { startServer } from "./server-process.ts";
import { hasStrace, strace } from "./strace.ts";

const WRITES = 400;

/** Writes keys one after another; returns how many were acknowledged and the first other reply. */
async function writeKeys(client: TestClient): Promise<{ acknowledged: number; refusal: string }> {
  for (let number = 1; number <= WRITES; number += 1) {
    const reply = await client.exchange("SET", `key:${number}`, `value ${number}`);
    if (reply.value !== "OK") return { acknowledged: number - 1, refusal: reply.bytes.toString() };
  }
  return { acknowledged: WRITES, refusal: "" };
}

test.skipIf(!hasStrace).each([
  ["a sync fails", "fdatasync:error=EIO:when=100+"],
  ["a write fails", "pwrite64:error=EIO:when=150+"],
  ["the disk is full", "pwrite64:error=ENOSPC:when=150+"],
])(
  "%s: -MISCONF for every write, reads go on, and a restart has all that was acknowledged",
  async (_name, fault) => {
    const directory = temporaryDirectory();
    const server = await startServer({ directory, under: strace(fault) });
    onTestFinished(() => server.terminate());
    const client = await server.connect();
    const { acknowledged, refusal } = await writeKeys(client);
    expect(acknowledged).toBeGreaterThan(0);
    expect(refusal).toMatch(/^-MISCONF /);
    const others = await server.connect();
    expect((await others.exchange("INCR", "counter")).bytes.toString()).toMatch(/^-MISCONF /);
    expect(String(await others.call("GET", `key:${acknowledged}`))).toBe(`value ${acknowledged}`);
    expect(await others.call("GET", `key:${acknowledged + 1}`)).toBeNull();
    server.terminate();
    expect([
      await server.ended,
      server.log.some((line) => line.includes("did not close as it should")),
    ]).toEqual([1, true]);
    const restarted = await startServer({ directory });
    const after = await restarted.connect();
    expect(await after.call("DBSIZE")).toBe(acknowledged);
    expect(String(await after.call("GET", `key:${acknowledged}`))).toBe(`value ${acknowledged}`);
    expect(await after.call("SET", "again", "1")).toBe("OK");
    restarted.terminate();
    expect(await restarted.ended).toBe(0);
  },
  60_000,
);
