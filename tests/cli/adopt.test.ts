/** detent adopt, against PostgreSQL and a server that runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cli, runningCli } from "../support/cli.ts";
import type { TestClient } from "../support/client.ts";
import { fields, rows } from "../support/machines.ts";
import { noPostgres, type PostgresServer, startPostgresServer } from "../support/postgres.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SCHEMA = `
  DROP SCHEMA IF EXISTS shop CASCADE;
  CREATE SCHEMA shop;
  SET search_path = shop;
  CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped', 'cancelled', 'on.hold');
  CREATE TABLE orders (id bigint PRIMARY KEY, status order_status, total numeric, customer text);
  CREATE TABLE order_history (
    id bigserial PRIMARY KEY, order_id bigint REFERENCES orders, old_status order_status, new_status order_status,
    changed_at timestamptz, changed_by text, reason text);
`;

let postgres: PostgresServer | undefined;
let db: pg.Client;
let server: TestServer;
let client: TestClient;
let where: readonly string[];

beforeAll(async () => {
  postgres = await startPostgresServer(["fsync=off", "shared_buffers=16MB"]);
  if (postgres !== undefined) db = await postgres.connect();
}, 120_000);
afterAll(async () => {
  await db?.end();
  await postgres?.stop();
});

beforeEach(async () => {
  if (postgres === undefined) return;
  await db.query(SCHEMA);
  server = await startTestServer({ clock: new VirtualClock() });
  client = await server.client();
  where = [
    ...["adopt", "--postgres", postgres.url, "--table", "shop.orders", "--history", "shop.order_history"],
    ...["--url", `redis://127.0.0.1:${server.port}`],
  ];
});
afterEach(async () => {
  await server?.close();
});

/** An order that has gone this way, a second between two moves. */
async function order(id: number, ...states: readonly string[]): Promise<void> {
  await db.query("INSERT INTO orders VALUES ($1, $2, $3, $4)", [id, states[0], `${id}.50`, `c${id % 3}`]);
  for (const [index, state] of states.entries()) await entry(id, states[index - 1], state, index);
}

async function entry(id: number, from: string | undefined, to: string, second: number): Promise<void> {
  await db.query(
    "INSERT INTO order_history (order_id, old_status, new_status, changed_at, changed_by) VALUES ($1, $2, $3, $4, 'ann')",
    [id, from ?? null, to, new Date(Date.UTC(2026, 0, 1) + id * 60_000 + second * 1000)],
  );
  await db.query("UPDATE orders SET status = $2 WHERE id = $1", [id, to]);
}

async function someOrders(): Promise<void> {
  for (let id = 1; id <= 8; id += 1) await order(id, "new", "paid", "shipped");
  await order(9, "new", "cancelled");
  await order(10, "new", "paid");
  await order(11, "new", "on.hold", "paid");
}

/** Resolves when a condition holds, looking again and again. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.skipIf(noPostgres !== undefined)(
  `detent adopt${noPostgres === undefined ? "" : ` (${noPostgres})`}`,
  () => {
    test("reports states and moves with counts, and writes a definition that accepts them", async () => {
      await someOrders();
      const file = join(temporaryDirectory(), "order.json");
      const { code, out, err } = await cli(...where, "--rare", "2", "--write", file);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toBe(
        `shop.orders(id, status) and shop.order_history(order_id, old_status, new_status, changed_at, changed_by, reason): 11 rows, 20 moves
States, and rows in them:
  new        0  initial
  paid       2
  shipped    8  final
  cancelled  1  final
  on_hold    0
Moves:
  new -> paid      9
  paid -> shipped  8
Rare:
  new -> cancelled  1  9
  new -> on_hold    1  11
  on_hold -> paid   1  11
${file} has the definition`,
      );
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
        id: "orders",
        description: "What shop.orders.status has done",
        initial: "new",
        states: {
          new: { on: { paid: "paid", cancelled: "cancelled", on_hold: "on_hold" } },
          paid: { on: { shipped: "shipped" } },
          shipped: { type: "final" },
          cancelled: { type: "final" },
          on_hold: { on: { paid: "paid" } },
        },
      });
      expect(await client.call("SM.COUNT")).toBe(0);
    });

    test("leaves out rare moves, and names states and final states as the options say", async () => {
      await someOrders();
      const file = join(temporaryDirectory(), "order.json");
      const { code, out } = await cli(
        ...[
          ...where,
          "--rare",
          "2",
          "--without-rare",
          "--final",
          "shipped,cancelled",
          "--name",
          "on.hold=held",
        ],
        ...["--as", "shop-order", "--context", "total,customer", "--write", file],
      );
      expect([code, out.split("\n").at(-1)]).toEqual([0, `${file} has the definition`]);
      expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
        id: "shop-order",
        context: { total: null, customer: null },
        states: { new: { on: { paid: "paid" } }, cancelled: { type: "final" }, held: {} },
      });
    });

    test("creates machines with their histories, and reports rows that do not fit", async () => {
      await someOrders();
      await db.query("UPDATE orders SET status = 'cancelled' WHERE id = 10");
      await entry(11, "new", "shipped", 9);
      await db.query("INSERT INTO orders VALUES (12, NULL, 0), (13, 'new', 1)");
      const { code, out, err } = await cli(...where, "--create", "--context", "total");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toContain(`What does not fit together:
  an entry begins in new, the one before it ends in paid  1  11
  a row is cancelled, its last entry ends in paid         1  10
Note: rows without a state are left out: 1  12
orders:v1: 12 machines created, 0 there already`);
      expect(await client.call("SM.COUNT", "DEF", "orders", "BY", "STATE")).toEqual([
        ...["cancelled", 2, "new", 1, "shipped", 9],
      ]);
      const at = Date.UTC(2026, 0, 1) + 60_000;
      expect(rows(await client.call("SM.HISTORY", "orders:1", "-", "+"))).toMatchObject([
        { rev: 1, at, kind: "imported", to: ["new"], by: "ann" },
        { rev: 2, at: at + 1000, kind: "imported", from: ["new"], to: ["paid"] },
        { rev: 3, at: at + 2000, kind: "imported", to: ["shipped"] },
        { rev: 4, kind: "create", to: ["shipped"], context: '{"total":1.5}' },
      ]);
      expect(fields(await client.call("SM.INFO", "orders:10"))).toMatchObject({ state: ["cancelled"] });
    });

    test("creates missing machines and moves changed ones once when it runs again", async () => {
      await someOrders();
      await cli(...where, "--create");
      await order(20, "new");
      await entry(10, "paid", "shipped", 5);
      // An end is left, which no definition allows.
      await entry(9, "cancelled", "new", 6);
      await entry(9, "new", "paid", 7);
      const again = await cli(...where, "--create");
      expect(again.out).toContain("Illegal:\n  cancelled -> new  1  9\n");
      expect(again.err).toBe("9 was forced: cancelled -> new");
      expect(again.out).toContain("1 machines created, 9 there already, 2 moved, 1 of them by force");
      expect(again.code).toBe(1);
      const history = async (key: string) =>
        rows(await client.call("SM.HISTORY", key, "-", "+")).map(({ kind, to }) => `${kind} ${to}`);
      const ten = ["imported new", "imported paid", "create paid", "event shipped"];
      const nine = ["imported new", "imported cancelled", "create cancelled", "force new", "event paid"];
      expect(await history("orders:10")).toEqual(ten);
      expect(await history("orders:9")).toEqual(nine);
      const third = await cli(...where, "--create");
      expect(third.out).toContain("0 machines created, 12 there already");
      expect(await history("orders:10")).toEqual(ten);
      expect(await history("orders:9")).toEqual(nine);
    });

    test("compares rows with the definition that is given", async () => {
      await someOrders();
      const file = join(temporaryDirectory(), "strict.json");
      const document = {
        name: "strict",
        initial: "new",
        states: {
          new: { on: { PAY: "paid" } },
          paid: { on: { SHIP: "shipped" } },
          shipped: {},
          cancelled: {},
        },
      };
      writeFileSync(file, JSON.stringify(document));
      const { code, out } = await cli(...where, "--definition", file);
      expect(code).toBe(1);
      expect(out).toContain("  on_hold    0  not in the definition");
      expect(out).toContain(
        "Illegal:\n  new -> cancelled  1  9\n  new -> on_hold    1  11\n  on_hold -> paid   1  11",
      );
      // What the definition has no state for fails, the rest is made, and follows by the events of the definition.
      await entry(10, "paid", "on.hold", 5);
      await cli(...where, "--definition", file, "--create", "--key", "o-{}");
      await entry(9, "new", "paid", 5);
      await entry(9, "paid", "shipped", 6);
      const made = await cli(...where, "--definition", file, "--create", "--key", "o-{}");
      expect(made.err).toContain("10 failed: NOSTATE");
      expect(rows(await client.call("SM.HISTORY", "o-9", "-", "+")).slice(-2)).toMatchObject([
        { kind: "force", to: ["paid"] },
        { kind: "event", event: "SHIP", to: ["shipped"] },
      ]);
    });

    test("--watch reports rare, new and illegal moves, and moves the machines", async () => {
      await someOrders();
      const running = runningCli(
        ...where,
        "--create",
        "--watch",
        "--every",
        "5ms",
        "--rare",
        "2",
        "--overlap",
        "1h",
      );
      await until(() => running.err.includes("Watching."));
      await entry(10, "paid", "shipped", 5);
      await order(30, "new", "cancelled");
      await until(async () => (await client.call("EXISTS", "orders:30")) === 1);
      await entry(30, "cancelled", "paid", 8);
      // One that becomes visible later than its time says.
      await entry(11, "paid", "shipped", 3);
      const state = async (key: string) => String(await client.call("SM.STATE", key));
      await until(
        async () => (await state("orders:30")) === "paid" && (await state("orders:11")) === "shipped",
      );
      running.stop();
      const { code, out } = await running.ended;
      expect(out.split("\n").slice(-3)).toEqual([
        "30: cancelled -> paid is new",
        "4 moves: 0 illegal, 1 new, 0 rare",
        "orders:v1: 1 machines created, 0 there already, 3 moved, 1 of them by force",
      ]);
      expect(code).toBe(0);
      expect(await state("orders:10")).toBe("shipped");
    });

    test("--watch follows a column without a history", async () => {
      await someOrders();
      const plain = where.filter((word) => !word.includes("history"));
      const running = runningCli(...plain, "--watch", "--every", "5ms");
      await until(() => running.err.includes("Watching."));
      await db.query("UPDATE orders SET status = 'shipped' WHERE id = 10");
      await until(() => running.out.includes("10: paid -> shipped is new"));
      running.stop();
      expect((await running.ended).code).toBe(0);
    });

    test.each<readonly [readonly string[], number, string]>([
      [
        ["--column", "state"],
        2,
        "'shop.orders' has no column 'state' (--column); it has id, status, total, customer",
      ],
      [["--history", "nothing"], 2, "the database has no table 'nothing' (--history)"],
      [["--final", "paid"], 2, "'paid' cannot be final: 8 moves lead from it to 'shipped'"],
      [["--initial", "old"], 2, "there is no state 'old'; there are new, paid, shipped, cancelled, on_hold"],
      [["--rare", "few"], 2, "--rare takes a number, or a share such as 0.5%, not 'few'"],
      [["--every", "soon"], 2, "--every takes a length of time such as 500ms or 10s, not 'soon'"],
      [["--name", "paid"], 2, "--name takes VALUE=STATE, not 'paid'"],
      [["--where", "nonsense"], 1, 'the database answers: column "nonsense" does not exist'],
      [["--create", "--key", "o"], 2, "--key has {} where the id of a row stands, unlike 'o'"],
      [["--create", "--url", "redis://127.0.0.1:1"], 1, "cannot connect to 127.0.0.1:1"],
      [["--postgres", "mysql://x"], 1, "'mysql://x' is not an address of a database"],
      [
        ["--postgres", "postgres://x@[::1"],
        1,
        "the address of the database cannot be used: Invalid URL; write",
      ],
      [["--postgres", "postgres://x@127.0.0.1:1/y"], 1, "cannot connect to the database"],
    ])("ends with a message when the arguments are %j", async (args, exit, message) => {
      await someOrders();
      const { code, err } = await cli(...where, ...args);
      expect([code, err]).toEqual([exit, expect.stringContaining(message)]);
    });

    test("turns events of the history into events, with a guard where one leads to several states", async () => {
      await db.query(`
      CREATE TABLE jobs (name text PRIMARY KEY, state int NOT NULL);
      CREATE TABLE job_log (job text, state int, what text, at bigint);
      INSERT INTO jobs VALUES ('a', 2), ('b', 1), ('c:1', 0);
      INSERT INTO job_log VALUES ('a', 0, 'add', 1700000000), ('a', 1, 'run', 1700000001), ('a', 2, 'end', 1700000002),
        ('b', 0, 'add', 1700000000123), ('b', 2, 'run', 1700000005000), ('b', 1, 'retry', 1700000006000);`);
      const { code, out } = await cli(
        ...[
          "adopt",
          "--postgres",
          postgres?.url ?? "",
          "--table",
          "shop.jobs",
          "--column",
          "state",
          "--create",
        ],
        ...["--history", "shop.job_log", "--history-id", "job", "--history-event", "what"],
        ...["--name", "0=waiting", "--name", "1=running", "--name", "2=ended", "--url", where.at(-1) ?? ""],
      );
      expect(code).toBe(0);
      expect(out).toContain("Note: 'run' in 'waiting' leads to several states: each has a guard on 'to'");
      expect(JSON.parse(String(await client.call("SM.DEF", "GET", "jobs")))).toMatchObject({
        states: {
          waiting: { on: { run: [{ target: "ended" }, { target: "running" }] } },
          running: { on: { end: "ended" } },
          ended: { on: { retry: "running" } },
        },
      });
      expect(rows(await client.call("SM.HISTORY", "jobs:b", "-", "+"))[0]).toMatchObject({
        at: 1700000000123,
        event: "add",
      });
      expect(await client.call("SM.SEND", "jobs:c:1", "run", '{"to":"running"}')).toEqual(["running"]);
    });
  },
);
