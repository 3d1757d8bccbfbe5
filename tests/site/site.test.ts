/** The static site of the documentation: it builds, its links lead somewhere, and it asks no other host for anything. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { allPages, ROOT } from "../docs/reading-order.ts";

const SITE = join(ROOT, "site/dist");
const missing = existsSync(join(ROOT, "site/node_modules/.installed"))
  ? undefined
  : "the generator of the site is not installed: make site";

describe.skipIf(missing !== undefined)(`the site${missing === undefined ? "" : ` (${missing})`}`, () => {
  const pages = new Map<string, string>();

  beforeAll(() => {
    execFileSync("make", ["site"], { cwd: ROOT, stdio: "pipe" });
    const names = readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".html"),
    );
    for (const name of names) pages.set(name, readFileSync(join(SITE, name), "utf8"));
  }, 600_000);

  test("has every page of docs/", () => {
    const expected = ["index.html", ...allPages().map((page) => htmlOf(page.replace(/^docs\//, "")))];
    expect(expected.filter((page) => !pages.has(page))).toEqual([]);
  });

  test("links to pages, headings and files that exist", () => {
    const dead: string[] = [];
    for (const [name, html] of pages) {
      for (const [, href = ""] of html.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        if (/^[a-z]+:/.test(href)) continue;
        const [path = "", anchor = ""] = href.split("#");
        const target = path === "" ? name : targetOf(name, path);
        const isThere = existsSync(join(SITE, target));
        const html = pages.get(target) ?? "";
        const hasAnchor = anchor === "" || html.includes(`id="${decodeURIComponent(anchor)}"`);
        if (!isThere || !hasAnchor) dead.push(`${name}: ${href}`);
      }
    }
    expect(dead).toEqual([]);
  });

  test("asks no other host for anything", () => {
    const foreign = [...pages].flatMap(([name, html]) =>
      [
        ...html.matchAll(/<(?:script|link|img|iframe|source)[^>]*(?:src|href)="((?:https?:)?\/\/[^"]*)"/g),
      ].map(([, url = ""]) => `${name}: ${url}`),
    );
    expect(foreign).toEqual([]);
    const styles = readdirSync(join(SITE, "assets")).filter((name) => name.endsWith(".css"));
    for (const name of styles)
      expect(readFileSync(join(SITE, "assets", name), "utf8")).not.toMatch(/url\(["']?https?:/);
  });

  test("has a copy button on every example, which leaves the replies out", () => {
    for (const [name, html] of pages) {
      const count = (pattern: RegExp) => (html.match(pattern) ?? []).length;
      expect([name, count(/<button title="Copy[^"]*" class="copy">/g)]).toEqual([name, count(/<pre[ >]/g)]);
    }
    const first = pages.get("guide/first-machine.html") ?? "";
    expect(first).toContain(
      '<span class="typed">&gt; <span class="unseen">redis-cli </span>SM.CREATE ticket:17 ticket</span>\n<span class="vp-copy-ignore">OK</span>',
    );
  });

  test("has an index for the search, with every page of docs/", () => {
    const [index = ""] = readdirSync(join(SITE, "assets/chunks")).filter((name) =>
      name.startsWith("@localSearchIndex"),
    );
    const text = readFileSync(join(SITE, "assets/chunks", index), "utf8");
    expect(allPages().filter((page) => !text.includes(siteUrl(page)))).toEqual([]);
  });
});

function htmlOf(page: string): string {
  return page.replace(/README\.md$/, "index.md").replace(/\.md$/, ".html");
}

/** The page's address as the search knows it. */
function siteUrl(page: string): string {
  return `/${htmlOf(page.replace(/^docs\//, "")).replace(/index\.html$/, "")}`;
}

/** The file that a link of a page leads to. */
function targetOf(page: string, path: string): string {
  const target = path.startsWith("/") ? path.slice(1) : join(dirname(page), path);
  if (target === "" || target === ".") return "index.html";
  return target.endsWith("/") ? `${target}index.html` : target;
}
