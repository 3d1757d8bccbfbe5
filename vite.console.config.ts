import { defineConfig } from "vite";

/** The console's page: one script, one sheet of styles, beside what tsc builds. */
export default defineConfig({
  root: new URL("src/console", import.meta.url).pathname,
  base: "/",
  publicDir: false,
  build: {
    outDir: new URL("dist/console", import.meta.url).pathname,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
  },
});
