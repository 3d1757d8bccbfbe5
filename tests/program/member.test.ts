/** The program as a member of a cluster: what it says, and how it hands over. */
import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { TestClient } from "../support/client.ts";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { freePort } from "../support/free-port.ts";
import { noPostgres } from "../support/postgres.ts";
import { startProgram } from "../support/program.ts";

describe.skipIf(noPostgres !== undefined)("the program with a store in PostgreSQL", () => {
  const database = useClusterDatabase();

  function started(url: string, port: number, ...args: readonly string[]) {
    return startProgram({ args: ["--store", url, "--port", String(port), ...args] });
  }

  test("says where its data is and how it is announced, and hands over on SIGTERM", async () => {
    const url = await database.schema();
    await cli("cluster", "init", url);
    const ports = [await freePort(), await freePort()];
    const first = started(url, ports[0] ?? 0, "--always-show-logo", "yes");
    await first.printed(/Owner of the slots 0-16383 at epoch \d+/);
    const shown = first.output();
    expect(shown).toContain(
      "  Data            postgres://tester@/postgres, shared with the other servers of the cluster\n",
    );
    // Without a password it refuses other hosts.
    expect(shown).toContain(`  Announced as    127.0.0.1:${ports[0]}\n`);
    const client = await TestClient.connect(ports[0] ?? 0);
    expect(await client.call("SET", "k", "v")).toBe("OK");
    const second = started(url, ports[1] ?? 0, "--requirepass", "secret");
    await second.printed(
      new RegExp(`Standing by: 127\\.0\\.0\\.1:${ports[0]} \\([0-9a-f]{8}\\) owns the slots`),
    );
    await second.printed(/Announced to the cluster and its clients as [\d.]+:\d+/);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain("All is committed: the slots 0-16383 are released for another server");
    await second.printed(/Owner of the slots 0-16383 at epoch \d+/);
    const other = await TestClient.connect(ports[1] ?? 0);
    await other.call("AUTH", "secret");
    expect(await other.call("GET", "k")).toBe("v");
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
    expect((await cli("cluster", "status", url)).out).toContain("no owner");
    await client.close();
    await other.close();
  });

  test("ends with a message where the database is not prepared, or not there", async () => {
    const unprepared = started(await database.schema(), await freePort());
    expect(await unprepared.ended).toBe(1);
    expect(unprepared.output()).toContain(
      "the database holds no cluster: run 'detent cluster init URL' first",
    );
    const missing = started("postgres://me:secret@127.0.0.1:1/none", await freePort());
    expect(await missing.ended).toBe(1);
    expect(missing.output()).toContain("cannot connect to the database");
    expect(missing.output()).not.toContain("secret");
  });
});
