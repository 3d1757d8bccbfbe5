import { describe, expect, it } from "vitest";
import { configurationMarkdown, withoutEffectMarkdown } from "./configuration-markdown.ts";

describe("configurationMarkdown()", () => {
  it("gives docs/configuration.md when the table is as it is (`npm run docs` brings it up to date)", async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot("../../docs/configuration.md");
  });
});

describe("withoutEffectMarkdown()", () => {
  it("gives docs/configuration-without-effect.md when the table is as it is", async () => {
    await expect(withoutEffectMarkdown()).toMatchFileSnapshot("../../docs/configuration-without-effect.md");
  });
});
