/**
 * Runs a command with a PostgreSQL server for it, whose address is in DETENT_POSTGRES: test servers are then over a partition
 * there instead of a store in memory.
 *
 *   npx tsx tests/tooling/with-postgres.ts npx vitest run tests/commands
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { startPostgresServer } from "../support/postgres.ts";

const [program = "", ...args] = process.argv.slice(2);
const server = await startPostgresServer(["fsync=off", "shared_buffers=64MB", "max_connections=200"]);
if (server === undefined) {
  console.log("skipped: PostgreSQL is not installed");
} else {
  const env = { ...process.env, DETENT_POSTGRES: server.url };
  const child = spawn(program, args, { stdio: "inherit", env });
  const [code] = (await once(child, "exit")) as [number | null];
  await server.stop();
  process.exitCode = code ?? 1;
}
