import { describe, expect, it } from "vitest";
import { configurationMarkdown } from "./configuration-markdown.ts";

describe("configurationMarkdown()", () => {
  it("gives docs/configuration.md when the table is as it is (`npm run docs` brings it up to date)", async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot("../../docs/configuration.md");
  });
});
