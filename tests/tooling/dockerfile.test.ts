import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const lines = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8").split("\n");

/** What the Dockerfile copies out of this folder: the sources of each COPY that has no --from. */
const copied = lines("Dockerfile")
  .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
  .flatMap((line) => line.split(" ").slice(1, -1))
  .filter((word) => !word.startsWith("--"));

test("the Dockerfile copies files of the repository", () => {
  expect(copied).toContain("package.json");
});

test.each(copied)(".dockerignore lets %s into the build of the image", (path) => {
  expect(lines(".dockerignore")).toContain(`!${path.split("/")[0]}`);
});
