import { defineConfig } from "vite";

/** The console's page: one script, one sheet of styles, beside what tsc builds. */
export default defineConfig({
  root: new URL("src/console", import.meta.url).pathname,
  base: "/",
  publicDir: false,
  // The server loads parsers by require; a browser gets them with the importers.
  resolve: {
    alias: [
      {
        find: /^.*\/parsers\.ts$/,
        replacement: new URL("src/importers/parsers-in-browser.ts", import.meta.url).pathname,
      },
    ],
  },
  build: {
    outDir: new URL("dist/console", import.meta.url).pathname,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    // How long plugins take is for those who write them.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
