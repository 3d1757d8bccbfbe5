/**
 * How sessions are shown and copied. What is copied from a session are its typed lines alone, as a shell takes them:
 * `> SM.STATE a` becomes `redis-cli SM.STATE a`. The copy button of the theme takes the text of the block, leaves out
 * what has the class `vp-copy-ignore`, and takes prompts away from blocks of a shell.
 */
import type { MarkdownRenderer } from "vitepress";

export function sessions(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, at, options, env, self) => {
    const token = tokens[at];
    if (token === undefined || fence === undefined) return "";
    const [language = "", file] = token.info.trim().split(/\s+/);
    if (language === "redis") return sessionHtml(token.content, escapeHtml);
    token.info = language;
    const html = fence(tokens, at, options, env, self);
    return file === undefined || !file.includes(".")
      ? html
      : `<p class="file-name">${escapeHtml(file)}</p>${html}`;
  };
  // The templates of Vue would take two braces in code for an expression.
  md.renderer.rules.code_inline = (tokens, at) =>
    `<code v-pre>${escapeHtml(tokens[at]?.content ?? "")}</code>`;

  function escapeHtml(text: string): string {
    return md.utils.escapeHtml(text);
  }
}

/** Links to files of examples/ and deploy/ lead to copies on the site, links to a README to the index of its folder. */
export function files(md: MarkdownRenderer): void {
  const link = md.renderer.rules.link_open;
  md.renderer.rules.link_open = (tokens, at, options, env, self) => {
    const token = tokens[at];
    const href = token?.attrGet("href") ?? "";
    const [, file] = /^(?:\.\.\/)+((?:examples|deploy)\/.*\.(?:json|ts|yaml))$/.exec(href) ?? [];
    if (token !== undefined && file !== undefined) {
      token.attrSet("href", `/${file}`);
      token.attrSet("target", "_self");
      return self.renderToken(tokens, at, options);
    }
    if (href.endsWith("README.md")) token?.attrSet("href", href.replace(/README\.md$/, "index.md"));
    return link?.(tokens, at, options, env, self) ?? self.renderToken(tokens, at, options);
  };
}

function sessionHtml(text: string, escaped: (text: string) => string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => lineHtml(line, escaped));
  return (
    '<div class="language-sh session"><button title="Copy" class="copy"></button><span class="lang">redis</span>' +
    `<pre v-pre><code>${lines.join("\n")}</code></pre></div>\n`
  );
}

function lineHtml(line: string, escaped: (text: string) => string): string {
  if (line.startsWith("> "))
    return `<span class="typed">&gt; <span class="unseen">redis-cli </span>${escaped(line.slice(2))}</span>`;
  if (line.startsWith("$ ")) return `<span class="typed">${escaped(line)}</span>`;
  if (line.startsWith("# ")) return `<span class="passes">${escaped(line)}</span>`;
  return `<span class="vp-copy-ignore">${escaped(line)}</span>`;
}

/** The anchor of a heading as a code host makes it, so that a link holds in both places. */
export function anchorOf(heading: string): string {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "");
  return kept.replaceAll(" ", "-");
}
