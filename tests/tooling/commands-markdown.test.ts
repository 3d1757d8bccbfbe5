import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { catalogueMarkdown } from "./commands-markdown.ts";

describe("catalogueMarkdown", () => {
  it("writes docs/commands.md from commands.json (`npm run docs` brings it up to date)", async () => {
    await expect(catalogueMarkdown(CATALOGUE)).toMatchFileSnapshot("../../docs/commands.md");
  });
});
