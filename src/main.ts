#!/usr/bin/env node
/**
 * The process. It loads the program only here, so that a limit on open files that is too low for that is answered
 * with a message.
 */
const EXIT_FAILED = 1;

// Node would open its inspector, and with it the process, to whoever is on this host.
process.on("SIGUSR1", () => undefined);

try {
  const { launch } = await import("./launch.ts");
  const exitCode = await launch(process.argv.slice(2), process.env);
  // The event loop may still hold something, a store that failed to close for one: the code ends it all.
  process.exit(exitCode);
} catch (error) {
  if (!isTooManyFiles(error)) throw error;
  process.stderr.write(
    "The limit on open files, 'ulimit -n', is too low for the server to start. " +
      "Raise it to at least 1024, or to maxclients and 64 more. Exiting.\n",
  );
  process.exit(EXIT_FAILED);
}

function isTooManyFiles(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EMFILE" || error.code === "ENFILE");
}
