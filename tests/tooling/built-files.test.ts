/** Each program of the build can be loaded: the build puts imports in front of its files, with which their own may collide. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

const DIST = new URL("../../dist/", import.meta.url).pathname;
/** The server and its programs, which the build of the server writes. */
const FOLDERS = ["", "storage/"];

test.skipIf(process.env["DETENT_BUILT"] !== "1")("the files of the build are valid modules", () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(`${DIST}${folder}`)
      .filter((name) => name.endsWith(".js"))
      .map((name) => `${DIST}${folder}${name}`),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(spawnSync(process.execPath, ["--check", file]).status, file).toBe(0);
});
