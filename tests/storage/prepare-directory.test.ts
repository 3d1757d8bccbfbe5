import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareDirectory } from "../../src/storage/directory.ts";
import { OpenError } from "../../src/storage/ordered-store.ts";

test("prepareDirectory() makes a directory with those above it", () => {
  const root = mkdtempSync(join(tmpdir(), "detent-directory-"));
  const directory = join(root, "a", "b");
  prepareDirectory(directory);
  prepareDirectory(directory);
  expect(existsSync(directory)).toBe(true);
  rmSync(root, { recursive: true });
});

test.skipIf(process.platform !== "linux")(
  "prepareDirectory() gives up where no directory can be made",
  () => {
    expect(() => prepareDirectory("/proc/nope")).toThrow(OpenError);
  },
);
