/** The sidebar: the headings and links of docs/README.md, which is the one list of pages. */
import { readFileSync } from "node:fs";

interface Group {
  readonly text: string;
  readonly collapsed: boolean;
  readonly items: { readonly text: string; readonly link: string }[];
}

export function navigation(): readonly Group[] {
  const index = readFileSync(new URL("../../docs/README.md", import.meta.url), "utf8");
  return index
    .split(/^## /m)
    .slice(1)
    .map((section, at) => {
      const [text = ""] = section.split("\n");
      const links = [...section.matchAll(/\[([^\]]+)\]\(([^):#\s]+)\.md\)/g)];
      const items = links.map(([, title = "", path = ""]) => ({
        text: title.charAt(0).toUpperCase() + title.slice(1),
        link: `/${path.replace(/README$/, "")}`,
      }));
      return { text, collapsed: at > 0, items };
    });
}
