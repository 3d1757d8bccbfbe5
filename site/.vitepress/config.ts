/** The static site: the pages of docs/ as they are, in the order of docs/README.md, with search. */
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { navigation } from "./navigation.ts";
import { anchorOf, files, sessions } from "./sessions.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  title: "Detent",
  description: "A server for durable state machines that speaks the Redis protocol",
  lang: "en",
  // A copy of docs/, since pages have to lie where the modules of this package are found.
  srcDir: "pages",
  outDir: "dist",
  cacheDir: "node_modules/.cache",
  // A page is a folder's index where it is called README, as on a code host.
  rewrites: { "README.md": "index.md", "compare/README.md": "compare/index.md" },
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  buildEnd: ({ outDir }) => {
    for (const folder of ["examples", "deploy"])
      cpSync(path(`../../${folder}`), `${outDir}/${folder}`, { recursive: true });
  },
  markdown: {
    anchor: { slugify: anchorOf },
    config: (md) => {
      sessions(md);
      files(md);
    },
    languageAlias: { console: "sh" },
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/guide/first-machine" },
      { text: "Is it for me?", link: "/compare/" },
      { text: "Commands", link: "/commands" },
      { text: "Configuration", link: "/configuration" },
    ],
    sidebar: navigation(),
    outline: [2, 3],
    search: { provider: "local" },
  },
});
