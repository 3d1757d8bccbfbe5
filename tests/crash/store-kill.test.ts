/** kill -9 at random moments: what was acknowledged is there, and no commit is there by half. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { contentsAfter, contentsOf } from "./store-writer.ts";

const ROUNDS = Number(process.env["CRASH_ROUNDS"] ?? 4);
const WRITER = new URL("store-writer.ts", import.meta.url).pathname;

/** Lets a writer run until it has acknowledged `count` commits, kills it, and returns the last it told of. */
async function killedAfter(directory: string, policy: string, count: number): Promise<number> {
  const writer = spawn(process.execPath, ["--import", "tsx", WRITER, directory, policy], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let acknowledged = 0;
  let done = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    const [event, number] = line.split(" ");
    if (event !== "done" && event !== "opened") throw new Error(`the writer said: ${line}`);
    acknowledged = Number(number);
    if (event === "done") done += 1;
    if (done === count) writer.kill("SIGKILL");
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, "exit");
  return acknowledged;
}

test.each(["always", "early", "everysec"])(
  "a store that commits as %s has every acknowledged commit, whole, after kill -9",
  async (policy) => {
    const directory = temporaryDirectory();
    const [counts] = fc.sample(
      fc.array(fc.integer({ min: 1, max: 800 }), { minLength: ROUNDS, maxLength: ROUNDS }),
      1,
    );
    for (const count of counts ?? []) {
      const acknowledged = await killedAfter(directory, policy, count);
      const store = DurableStore.open(directory);
      const { contents, last } = contentsOf(store);
      await store.close();
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      expect(contents).toEqual(contentsAfter(last));
    }
  },
  60_000 + ROUNDS * 10_000,
);
