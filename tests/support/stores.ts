/** Stores for tests: closing one checks it, so that every test that keeps data also tests the indexes. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { onTestFinished } from "vitest";
import { checkStore } from "../../src/keyspace/self-check.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { OrderedReader } from "../../src/storage/ordered-store.ts";

/** A directory of the test's own, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(`${tmpdir()}/detent-test-`);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A directory as a crash would leave it now: the journals first, since the data file may only be later than they are. */
export function imageOf(directory: string): string {
  const image = temporaryDirectory();
  for (const file of ["journal-0.log", "journal-1.log", "data.mdb"])
    cpSync(`${directory}/${file}`, `${image}/${file}`);
  return image;
}

/** @throws Error that lists what the self-check found */
export function assertSound(reader: OrderedReader): void {
  const findings = checkStore(reader, OBJECT_TYPES);
  if (findings.length > 0) throw new Error(`the store does not agree with itself:\n${findings.join("\n")}`);
}

/** Closes a store after the self-check. */
export async function closeChecked(store: { begin(): OrderedReader; close(): Promise<void> }): Promise<void> {
  assertSound(store.begin());
  await store.close();
}
