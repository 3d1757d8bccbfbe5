/** The sessions of docs/testing.md are played; `npm run docs` writes the present output into the page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { playedPrograms } from "./program-sessions.ts";

const PATH = join(import.meta.dirname, "../../docs/testing.md");

test("the sessions of docs/testing.md print what the page shows", async () => {
  await expect(await playedPrograms(readFileSync(PATH, "utf8"))).toMatchFileSnapshot(PATH);
});
