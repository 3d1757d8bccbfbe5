/** The pages in the order in which a newcomer reads them: the README, then what docs/README.md links to, from top to bottom. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Paths from the top of the repository. */
export function readingOrder(): readonly string[] {
  const index = readPage("docs/README.md");
  const links = [...index.matchAll(/\]\(([^):#\s]+\.md)(?:#[^)]*)?\)/g)].map(([, link = ""]) =>
    join("docs", link),
  );
  return [...new Set(["README.md", ...links])];
}

/** All pages under docs/ but the index. */
export function allPages(): readonly string[] {
  const names = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => join("docs", name))
    .sort();
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}
