import { defineConfig } from "vite";

/** What runs as a program of its own, or is imported by name; the path below src/ is the path below dist/. */
const PROGRAMS = [
  "main",
  "healthcheck",
  "test-server",
  "client/client",
  "storage/data-check",
  "storage/backup-process",
];

/**
 * Names that Node looks up at each use and calls a function for, as they may be replaced: a check of a value for a
 * Buffer takes several times as long so. As names of the file they are known when the code is compiled.
 */
const GLOBALS = [
  'import { Buffer } from "node:buffer";',
  'import { performance } from "node:perf_hooks";',
].join("\n");

/**
 * The server, bundled into a few files: a program of a thousand modules takes three times as long to start, and as
 * many open files as it has modules. Packages stay outside, and names stay as they are, so that stacks can be read.
 */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: "dist",
    emptyOutDir: true,
    target: "node20",
    minify: false,
    rollupOptions: {
      input: Object.fromEntries(PROGRAMS.map((path) => [path, `src/${path}.ts`])),
      output: { entryFileNames: "[name].js", chunkFileNames: "shared/[name]-[hash].js", banner: GLOBALS },
    },
  },
});
