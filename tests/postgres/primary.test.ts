/** Connections that follow the primary of a database, over a real pair. */
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addressesOf, addressFault } from "../../src/postgres/addresses.ts";
import { messageOf } from "../../src/postgres/message-of.ts";
import { connectedToPrimary } from "../../src/postgres/primary.ts";
import { noPostgres } from "../support/postgres.ts";
import { PostgresPair } from "../support/postgres-pair.ts";

test("addressesOf() names each server with all the rest", () => {
  expect(addressesOf("postgres://u:p%2C@a:1,b,[::1]:3/db?x=1,2")).toEqual([
    "postgres://u:p%2C@a:1/db?x=1,2",
    "postgres://u:p%2C@b/db?x=1,2",
    "postgres://u:p%2C@[::1]:3/db?x=1,2",
  ]);
  const one = "postgres://u@/db?host=%2Ftmp";
  expect(addressesOf(one)).toEqual([one]);
});

test("addressFault() says what is wrong", () => {
  expect(addressFault("postgres://a,b/db?target_session_attrs=read-write")).toBeUndefined();
  expect(addressFault("mysql://a")).toContain("write postgres://user@host:5432/database");
  expect(addressFault("postgres://a/db?target_session_attrs=any")).toContain("write read-write");
});

test("messageOf() gives each text of a name with several addresses", () => {
  const refused = ["127.0.0.1", "::1"].map((address) => new Error(`connect ECONNREFUSED ${address}:1`));
  expect(messageOf(new AggregateError(refused))).toBe(
    "connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED ::1:1",
  );
  expect(messageOf(refused[1])).toBe("connect ECONNREFUSED ::1:1");
});

test("connectedToPrimary() says of each server why it is none", async () => {
  const url = "postgres://u@127.0.0.1:1,127.0.0.1:2/db";
  await expect(connectedToPrimary({ url, config: {}, connectMs: 2000, onFormer: () => {} })).rejects.toThrow(
    "no server takes writes: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1; 127.0.0.1:2: connect ECONNREFUSED 127.0.0.1:2",
  );
});

describe.skipIf(noPostgres !== undefined)("connectedToPrimary()", () => {
  let pair: PostgresPair;
  beforeAll(async () => {
    pair = await PostgresPair.start();
  }, 120_000);
  afterAll(() => pair.stop());

  const connect = (onFormer: (client: Client) => void = () => undefined, url = pair.url) =>
    connectedToPrimary({ url, config: {}, connectMs: 2000, onFormer });
  const portOf = async (client: Client) =>
    (await client.query<{ port: string }>("select current_setting('port') as port")).rows[0]?.port;

  test("refuses a standby, and finds the primary among several", async () => {
    const standby = pair.url.replace(/[^@,]*:5432,/, "");
    await expect(connect(undefined, standby)).rejects.toThrow("is a standby");
    const client = await connect();
    expect(await portOf(client)).toBe("5432");
    await client.end();
    const none = pair.url.replace(":5432,", ":1,");
    await expect(connect(undefined, none)).rejects.toThrow(
      /^no server takes writes: \S+:1: connect ENOENT \S+; \S+:5433: the database at \S+ is a standby$/,
    );
  });

  test("a commit is safe from a crash though the database would rather not wait", async () => {
    const lax = `${pair.url}&options=${encodeURIComponent("-c synchronous_commit=off")}`;
    const client = await connect(undefined, lax);
    const { rows } = await client.query("show synchronous_commit");
    expect(rows).toEqual([{ synchronous_commit: "on" }]);
    await client.end();
  });

  test("follows a promotion, ends what leads to the former primary, and never returns to that", async () => {
    const onFormer = vi.fn((client: Client) => void client.end());
    const former = await connect(onFormer);
    pair.primary.signalAll("SIGSTOP");
    await pair.promote();
    const client = await connect();
    expect(await portOf(client)).toBe("5433");
    expect(onFormer.mock.calls).toEqual([[former]]);
    await expect(former.query("select 1")).rejects.toThrow();
    // It takes writes as before, and does not know of the other.
    pair.standby.signalAll("SIGCONT");
    const again = await connect();
    expect(await portOf(again)).toBe("5433");
    await Promise.all([client.end(), again.end()]);
    await pair.primary.kill();
    await expect(connect()).rejects.toThrow("is a former primary");
  }, 60_000);
});
