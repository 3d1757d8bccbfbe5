/**
 * The pictures of states on the pages are the drawings that the server makes of the definitions beside them, the same as
 * those of the console. A link to `images/states/NAME.svg` shows the file `NAME.json` of its page; `make docs` draws the
 * pictures anew.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Drawings } from "../../src/drawing/drawings.ts";
import { svgOf } from "../../src/drawing/svg.ts";
import { graph } from "../../src/engine/graph.ts";
import { compileDocument } from "../../src/machines/chart-cache.ts";
import { ROOT, readingOrder, readPage } from "./reading-order.ts";
import { filesOf } from "./sessions.ts";

interface Picture {
  readonly page: string;
  readonly name: string;
}

const pictures: readonly Picture[] = readingOrder().flatMap((page) =>
  [...readPage(page).matchAll(/\]\([./]*images\/states\/([\w-]+)\.svg\)/g)].map(([, name = ""]) => ({
    page,
    name,
  })),
);

const drawings = new Drawings();
afterAll(() => drawings.close());

/** What SM.DEF GRAPH answers in JSON. */
function graphOf(definition: string): string {
  const compiled = compileDocument(definition);
  if (!compiled.ok) throw new Error(compiled.reason);
  const drawn = graph(compiled.machine, "json");
  if (!drawn.ok) throw new Error(drawn.reason);
  return drawn.text;
}

describe.each(pictures)("images/states/$name.svg on $page", ({ page, name }) => {
  test("is the drawing of the definition that the page shows", async () => {
    const files = [...filesOf(readPage(page))];
    const [, json = ""] = files.find(([file]) => basename(file) === `${name}.json`) ?? [];
    expect(json).not.toBe("");
    const svg = svgOf(await drawings.drawingOf(graphOf(json), name));
    expect(svg).not.toContain("<title>");
    await expect(svg).toMatchFileSnapshot(join(ROOT, "docs/images/states", `${name}.svg`));
  });
});

test("every picture of states is on a page", () => {
  const drawn = readdirSync(join(ROOT, "docs/images/states")).sort();
  expect(drawn).toEqual(pictures.map(({ name }) => `${name}.svg`).sort());
});

test("every page of the guide that shows a definition in a file has a picture of one", () => {
  const guide = readingOrder().filter((page) => page.startsWith("docs/guide/"));
  const withDefinitions = guide.filter((page) =>
    [...filesOf(readPage(page)).keys()].some((file) => file.endsWith(".json")),
  );
  expect(withDefinitions.filter((page) => !pictures.some((picture) => picture.page === page))).toEqual([]);
});
