import { describe, expect, it } from "vitest";
import { configurationMarkdown, withoutEffectMarkdown } from "./configuration-markdown.ts";

describe("configurationMarkdown()", () => {
  it("writes docs/configuration.md from the table (`npm run docs` brings it up to date)", async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot("../../docs/configuration.md");
  });
});

describe("withoutEffectMarkdown()", () => {
  it("writes docs/configuration-without-effect.md from the table", async () => {
    await expect(withoutEffectMarkdown()).toMatchFileSnapshot("../../docs/configuration-without-effect.md");
  });
});
