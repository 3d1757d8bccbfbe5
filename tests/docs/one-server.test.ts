/**
 * A reader plays the pages against one server. So no two pages create a definition of the same name and version from
 * different documents: the second page would be refused.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitInline } from "../../src/protocol/inline-request.ts";
import { filesOf, sessionsOf } from "./sessions.ts";

const ROOT = join(import.meta.dirname, "../..");

const pages = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Created {
  readonly page: string;
  /** `name:version`. */
  readonly id: string;
  readonly document: string;
}

const CREATE = /^(?:> (SM\.DEF CREATE .*)|\$ redis-cli -x (SM\.DEF CREATE \S+) < (\S+))\n(?!\(error\))/gm;

/** The definitions that a page creates on a server without directives of its own. */
function createdBy(page: string): readonly Created[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const files = filesOf(text);
  return sessionsOf(text.replace(/^```redis \S[\s\S]*?^```$/gm, "")).flatMap((session) =>
    [...session.matchAll(CREATE)].map(([, typed, piped, file = ""]) => {
      const [, , name = "", inline = ""] = (splitInline(Buffer.from(typed ?? piped ?? "")) ?? []).map(String);
      const json = file === "" ? inline : (files.get(file) ?? repositoryFile(file));
      const document = JSON.parse(json) as { readonly version?: string };
      const id = name.includes(":") ? name : `${name}:${document.version ?? "v1"}`;
      return { page, id, document: JSON.stringify(document) };
    }),
  );
}

const PUT = /^\$ curl -sX PUT .*\/api\/v1\/definitions\/([^/]+)\/(\S+) -d '(.*)'$/gm;

/** The definitions that a page creates by HTTP. */
function putBy(page: string): readonly Created[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(PUT)].map(([, name = "", version = "", json = ""]) => ({
    page,
    id: `${name}:${version}`,
    document: JSON.stringify(JSON.parse(json)),
  }));
}

function repositoryFile(name: string): string {
  return existsSync(join(ROOT, name)) ? readFileSync(join(ROOT, name), "utf8") : "null";
}

test("no two pages create different definitions of one name and version", () => {
  const created = pages.flatMap((page) => [...createdBy(page), ...putBy(page)]);
  expect(created.length).toBeGreaterThan(50);
  const clashes = created.flatMap(({ page, id, document }) =>
    created
      .filter((other) => other.id === id && other.page < page && other.document !== document)
      .map((other) => `${id}: ${other.page}, ${page}`),
  );
  expect(clashes).toEqual([]);
});
