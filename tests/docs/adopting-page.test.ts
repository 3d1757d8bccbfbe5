/** The session of docs/adopting.md is played on the tables of the page; `npm run docs` writes the present output into it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { noPostgres, startPostgresServer } from "../support/postgres.ts";
import { playedPrograms } from "./program-sessions.ts";

const PATH = join(import.meta.dirname, "../../docs/adopting.md");

test.skipIf(noPostgres !== undefined)(
  `the session of docs/adopting.md prints what the page shows${noPostgres === undefined ? "" : ` (${noPostgres})`}`,
  async () => {
    const page = readFileSync(PATH, "utf8");
    const postgres = await startPostgresServer(["fsync=off", "shared_buffers=16MB"]);
    if (postgres === undefined) throw new Error("there is PostgreSQL here");
    onTestFinished(() => postgres.stop());
    const client = await postgres.connect();
    const [, tables = ""] = /^```sql\n([\s\S]*?)^```$/m.exec(page) ?? [];
    await client.query(tables);
    await client.end();
    const played = await playedPrograms(page, new Map([["postgres://shop@db/shop", postgres.url]]));
    await expect(played).toMatchFileSnapshot(PATH);
  },
  120_000,
);
