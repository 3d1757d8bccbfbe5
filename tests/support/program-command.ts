/** How the program is started: its interpreter, and where it lies. */

/** What has just been built, where whoever runs the tests says so; else the sources, which take longer to start. */
export const PROGRAM: readonly string[] =
  process.env["DETENT_BUILT"] === "1"
    ? [process.execPath, new URL("../../dist/main.js", import.meta.url).pathname]
    : [
        process.execPath,
        "--import",
        import.meta.resolve("tsx"),
        new URL("../../src/main.ts", import.meta.url).pathname,
      ];
