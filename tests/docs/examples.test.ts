/**
 * The definitions in examples/ compile, SM.DEF CHECK has nothing to say about them, and a page that shows one shows it as
 * it is. Each definition of the examples has a name of its own, so a reader can play every page on one server.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/json.ts";
import { check } from "../../src/engine/check.ts";
import { filesOf, sessionsOf } from "./sessions.ts";

const ROOT = join(import.meta.dirname, "../..");

function readText(name: string): string {
  return readFileSync(join(ROOT, name), "utf8");
}

function namesIn(folder: string, ending: string): readonly string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);
}

test.each(namesIn("examples", ".json"))("%s is clean", (name) => {
  expect(check(JSON.parse(readText(name)) as Json)).toEqual([]);
});

const pages = namesIn("docs/examples", ".md");

describe.each(pages)("%s", (name) => {
  test("shows the files of examples/ as they are", () => {
    const shown = [...filesOf(readText(name))].filter(([file]) => file.startsWith("examples/"));
    for (const [file, text] of shown) expect(text).toBe(readText(file));
  });

  test("creates each definition under a name that no other example has", () => {
    const others = pages.filter((page) => page !== name).flatMap(definitionsOf);
    expect(definitionsOf(name).filter((definition) => others.includes(definition))).toEqual([]);
  });
});

/** The names under which a page creates definitions. */
function definitionsOf(page: string): readonly string[] {
  const created = sessionsOf(readText(page)).flatMap((text) => [
    ...text.matchAll(/SM\.DEF CREATE ([^\s:]+)/g),
  ]);
  return created.map(([, name = ""]) => name);
}
