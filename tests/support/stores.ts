/** Stores for tests: closing one checks it, so that every test that keeps data also tests the indexes. */
import { mkdtempSync, rmSync } from "node:fs";
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
