/**
 * Every page of the documentation says what is so: its sessions are played, its links lead somewhere, the commands of
 * the shell exist. `npm run docs` writes the replies of the present server into the pages.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { sectionsOf } from "./headings.ts";
import { hasSessions, playedPage } from "./sessions.ts";

const ROOT = join(import.meta.dirname, "../..");

const pages = [
  "README.md",
  "src/README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].filter((page) => existsSync(join(ROOT, page)));

const makefile = readFileSync(join(ROOT, "Makefile"), "utf8");

describe.each(pages)("%s", (name) => {
  const path = join(ROOT, name);
  const page = readFileSync(path, "utf8");

  test.runIf(hasSessions(page))("shows the replies of the server", async () => {
    await expect(await playedPage(page)).toMatchFileSnapshot(path);
  });

  test("has fences that are closed", () => {
    expect((page.match(/^```/gm) ?? []).length % 2).toBe(0);
  });

  test("links to files that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(dirname(path), link)))).toEqual([]);
  });

  test("links to headings that exist", () => {
    const links = [...page.matchAll(/\]\(([^):#\s]*)#([^)\s]*)\)/g)].map(([, file = "", anchor = ""]) => {
      const target = file === "" ? path : join(dirname(path), file);
      return { target, anchor, isPage: target.endsWith(".md") };
    });
    const dead = links
      .filter(({ isPage }) => isPage)
      .filter(({ target, anchor }) => !sectionsOf(readFileSync(target, "utf8")).has(anchor));
    expect(dead.map(({ target, anchor }) => `${target}#${anchor}`)).toEqual([]);
  });

  test("names targets that the Makefile has", () => {
    const targets = [...page.matchAll(/^make ([a-z-]+)/gm)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !makefile.includes(`\n${target}:`))).toEqual([]);
  });
});
