import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The examples import the client as its users do: from the package, where it has been built, else from the sources. */
const client = new URL("src/client/client.ts", import.meta.url).pathname;
const alias = process.env["DETENT_BUILT"] === "1" ? {} : { "detent/client": client };

/** Replace a module of Node, which would hold for every file that runs after them in the same process. */
const MOCKING = [
  "tests/machines/live-twin.property.test.ts",
  "tests/server/doubtful-sync.test.ts",
  "tests/server/overlapped-sync.test.ts",
  "tests/storage/early-commits.test.ts",
  "tests/storage/journal-flush.test.ts",
];

/** Kill servers, drive a browser, build images and the site: minutes of their own, which `make test` leaves to `make test-all`. */
const SLOW = [
  "tests/crash/**/*.test.ts",
  "tests/browser/**/*.test.ts",
  "tests/image/**/*.test.ts",
  "tests/site/**/*.test.ts",
];

export default defineConfig({
  resolve: { alias },
  test: {
    globalSetup: ["tests/support/exercised-commands-setup.ts"],
    setupFiles: ["tests/support/random-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: availableParallelism(),
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // The page in the browser has tests of its own, which measure nothing.
      exclude: ["src/console/**"],
      thresholds: {
        // Today's figures, or below: `make coverage-floor` raises them, nothing lowers them.
        autoUpdate: process.env["DETENT_COVERAGE_FLOOR"] === "raise",
        statements: 93,
        branches: 85,
        functions: 95,
        lines: 95,
      },
    },
    projects: [
      {
        extends: true,
        // Loading the sources anew for each file takes as long as half of the tests.
        test: {
          name: "core",
          include: ["tests/**/*.test.ts"],
          exclude: [...MOCKING, ...SLOW],
          isolate: false,
        },
      },
      { extends: true, test: { name: "mocking", include: MOCKING } },
      { extends: true, test: { name: "slow", include: SLOW } },
    ],
  },
});
