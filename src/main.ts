#!/usr/bin/env node
/**
 * The process. It loads the program only here, so that a limit on open files that is too low for that, and files that
 * are missing, are answered with a message.
 */
import { fileURLToPath } from "node:url";

const EXIT_FAILED = 1;

// Node would open its inspector, and with it the process, to whoever is on this host.
process.on("SIGUSR1", () => undefined);

try {
  const { launch } = await import("./launch.ts").catch(endWhereIncomplete);
  const exitCode = await launch(process.argv.slice(2), process.env);
  // The event loop may still hold something, a store that failed to close for one: the code ends it all.
  process.exit(exitCode);
} catch (error) {
  if (!hasCode(error, "EMFILE", "ENFILE")) throw error;
  process.stderr.write(
    "The limit on open files, 'ulimit -n', is too low for the server to start. " +
      "Raise it to at least 1024, or to maxclients and 64 more. Exiting.\n",
  );
  process.exit(EXIT_FAILED);
}

/** Says what is missing where somebody has copied the program without what belongs to it. */
function endWhereIncomplete(error: unknown): never {
  const isIncomplete = error instanceof Error && hasCode(error, "ERR_MODULE_NOT_FOUND", "ENOENT");
  const missing = isIncomplete ? /'([^']+)'/.exec(error.message)?.[1] : undefined;
  if (missing === undefined) throw error;
  process.stderr.write(
    `detent: '${missing}' is missing, which ${fileURLToPath(import.meta.url)} needs. ` +
      "The folder of the program works with package.json, commands.json and the installed packages (node_modules) beside it: " +
      "install the package that 'make pack' makes, or run the program where it was built.\n",
  );
  process.exit(EXIT_FAILED);
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
