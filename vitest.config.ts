import { defineConfig } from "vitest/config";

/** The examples import the client as its users do: from the package, where it has been built, else from the sources. */
const client = new URL("src/client/client.ts", import.meta.url).pathname;
const alias = process.env["DETENT_BUILT"] === "1" ? {} : { "detent/client": client };

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/exercised-commands-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
