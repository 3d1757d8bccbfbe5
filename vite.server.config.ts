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
      output: { entryFileNames: "[name].js", chunkFileNames: "shared/[name]-[hash].js" },
    },
  },
});
