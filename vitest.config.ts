import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The examples import the client as its users do: from the package, where it has been built, else from the sources. */
const client = new URL("src/client/client.ts", import.meta.url).pathname;
const alias = process.env["DETENT_BUILT"] === "1" ? {} : { "detent/client": client };

/**
 * Replace a module of Node, or count with the profiler of V8, which measures the coverage too: either would hold for every file
 * that runs after them in the same process.
 */
const ALONE = [
  "tests/machines/chart-cache.test.ts",
  "tests/machines/live-twin.property.test.ts",
  "tests/server/doubtful-sync.test.ts",
  "tests/server/overlapped-sync.test.ts",
  "tests/storage/early-commits.test.ts",
  "tests/storage/journal-flush.test.ts",
];

/** Minutes of their own, which `make test` leaves to `make test-all`. */
const SLOW = [
  // A browser, images, the site, and programs that are started, compiled, called or killed.
  "tests/{browser,crash,image,program,site}/**/*.test.ts",
  "tests/cli/{call,subcommands,types,verify}.test.ts",
  "tests/commands/server/saving.test.ts",
  "tests/config/redis-agreement.test.ts",
  "tests/docs/{client,clients,operations}-page.test.ts",
  "tests/http/{changes-crash,jobs-restart}.test.ts",
  "tests/storage/damage.test.ts",
  // PostgreSQL.
  "tests/storage/postgres/**/*.test.ts",
  "tests/cli/{adopt,cluster,move,move-partitions}.test.ts",
  "tests/clients/{cluster,partitions}.test.ts",
  "tests/cluster/{database,postgres-bus,postgres-log}.test.ts",
  "tests/docs/{adopting,cluster}-page.test.ts",
  "tests/server/shared-{changes,migrations}.test.ts",
  // Long random walks, and those that have a target of their own for more of them.
  "tests/cluster/simulation.test.ts",
  "tests/commands/migration/{charts,migration}.property.test.ts",
  "tests/commands/statechart/{child-model,invoke,undo}.property.test.ts",
  "tests/commands/statechart/race.test.ts",
  "tests/compatibility/random-*.test.ts",
  "tests/engine/growth.test.ts",
  "tests/fuzz/fuzz.test.ts",
  "tests/machines/mail/mail.property.test.ts",
  "tests/server/forgetful.property.test.ts",
  "tests/users/reach.fuzz.test.ts",
];

export default defineConfig({
  resolve: { alias },
  test: {
    globalSetup: ["tests/support/exercised-commands-setup.ts"],
    setupFiles: ["tests/support/random-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // On a machine that is busy a second is little.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: availableParallelism(),
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text-summary", "html"],
      // One test that fails does not hide what the others have shown.
      reportOnFailure: true,
      // The page in the browser has tests of its own, which measure nothing.
      exclude: ["src/console/**"],
      thresholds: {
        // Below what all tests reach, in whole numbers: `make coverage-floor` raises them, nothing lowers them.
        autoUpdate: process.env["DETENT_COVERAGE_FLOOR"] === "raise" && Math.floor,
        statements: 94,
        branches: 87,
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
          exclude: [...ALONE, ...SLOW],
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: ALONE } },
      {
        extends: true,
        test: { name: "slow", include: SLOW, testTimeout: 240_000, hookTimeout: 240_000 },
      },
    ],
  },
});
