/** The same configuration given to Debian's redis-server, where it is installed, and to Detent. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { directiveEntry, directiveNamed } from "../../src/config/directives.ts";
import { configOf } from "../../src/config/load.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { configFrom, load, memoryFiles } from "./sources.ts";

const version = /v=(7\.0\.\d+)/.exec(spawnSync("redis-server", ["--version"]).stdout?.toString() ?? "")?.[1];

describe.skipIf(version === undefined)("a file at fault", () => {
  const folder = mkdtempSync(join(tmpdir(), "detent-agreement-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each<[text: string]>([
    ["# c\n   # d\n\nfoo bar"],
    ["port"],
    ["  port 1 2\t"],
    ['port "abc'],
    ['port "abc"def'],
    ["port abc"],
    ["PORT 70000"],
    ["tcp-backlog -1"],
    ["appendonly maybe"],
    ["maxmemory 1zb"],
    ["maxmemory-clients 120%"],
    ["loglevel foo"],
    ["save 900"],
    ["save 900 a"],
    ["client-output-buffer-limit normal 0 0"],
    ["client-output-buffer-limit foo 0 0 0"],
    ["client-output-buffer-limit normal 0 0 x"],
    ["rename-command GET"],
    ["rename-command NOPE x"],
    ["rename-command GET SET"],
    ["notify-keyspace-events KEX"],
    ["dbfilename a/b"],
    ["bind 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9"],
    ["unixsocketperm 999"],
    ["latency-tracking-info-percentiles 101"],
    ["databases 0"],
    ["shutdown-on-sigint save nosave"],
    ["shutdown-on-sigint"],
    ["oom-score-adj-values"],
    ["replicaof"],
    ["notify-keyspace-events"],
    ["oom-score-adj-values 1 2"],
    ["list-max-ziplist-size abc"],
  ])("is reported alike for %j", (text) => {
    const file = join(folder, "server.conf");
    writeFileSync(file, text);
    const reported = spawnSync("redis-server", [file], { timeout: 5000 }).stderr.toString();
    expect(reported).toContain("FATAL CONFIG FILE ERROR");
    const loaded = load([file], { files: memoryFiles({ [file]: text }) });
    expect(loaded).toMatchObject({
      kind: "error",
      text: reported.replace(`(Redis ${version})`, "(Detent 1.2.3)"),
    });
  });
});

describe.skipIf(version === undefined)("CONFIG SET and GET", () => {
  const folder = mkdtempSync(join(tmpdir(), "detent-agreement-"));
  let server: ChildProcess;
  let redis: Redis;

  beforeAll(async () => {
    const path = join(folder, "socket");
    server = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]);
    redis = new Redis({ path, retryStrategy: () => 20 });
    // Refused connections until the socket exists are expected.
    redis.on("error", () => undefined);
    await redis.ping();
  });

  afterAll(async () => {
    redis.disconnect();
    const exit = once(server, "exit");
    server.kill();
    await exit;
    rmSync(folder, { recursive: true });
  });

  test.each<[pairs: string[]]>([
    [["hz", "20", "TIMEOUT", "5"]],
    [["nope", "1"]],
    [["NOPE", "1", "databases", "4"]],
    [["databases", "4", "nope", "1"]],
    [["Databases", "4"]],
    [["hz", "1", "hZ", "2"]],
    [["HASH-MAX-ZIPLIST-VALUE", "abc"]],
    [["hash-max-ziplist-entries", "5", "hash-max-listpack-entries", "6"]],
    [["include", "x"]],
    [["rename-command", "a b"]],
    [["requirepass", "x", "hz", "10x"]],
    [["hz", "0x10"]],
    [["maxmemory-samples", " 5"]],
    [["maxmemory-samples", "05"]],
    [["maxmemory-samples", "+5"]],
    [["maxmemory-samples", ""]],
    [["tcp-keepalive", "-0"]],
    [["tcp-keepalive", "99999999999999999999"]],
    [["slowlog-log-slower-than", "-1"]],
    [["slowlog-log-slower-than", "-5"]],
    [["slowlog-max-len", "-1"]],
    [["maxclients", "0"]],
    [["tracking-table-max-keys", "-1"]],
    [["latency-monitor-threshold", "-1"]],
    [["shutdown-timeout", "-1"]],
    [["maxmemory", "abc"]],
    [["maxmemory", "10%"]],
    [["maxmemory", "9kB"]],
    [["maxmemory-clients", "10%"]],
    [["maxmemory-clients", "101%"]],
    [["maxmemory-clients", "5g"]],
    [["proto-max-bulk-len", "1000"]],
    [["proto-max-bulk-len", "99999999999999999999"]],
    [["client-query-buffer-limit", "1"]],
    [["stream-node-max-bytes", ""]],
    [["appendfsync", "EVERYSEC"]],
    [["appendfsync", "x"]],
    [["maxmemory-policy", "x"]],
    [["loglevel", "WARNING"]],
    [["supervised", "auto"]],
    [["save", "60 1000 900 1"]],
    [["save", ""]],
    [["save", "900 1  60 1"]],
    [["save", "0 1"]],
    [["client-output-buffer-limit", "pubsub 1mb 2mb 60 replica 1gb 1gb 1 NORMAL 1kb 0 0"]],
    [["client-output-buffer-limit", "master 1 2 3"]],
    [["client-output-buffer-limit", "normal 1q 0 0"]],
    [["notify-keyspace-events", "KEA"]],
    [["notify-keyspace-events", "KEAm"]],
    [["notify-keyspace-events", "Kn"]],
    [["notify-keyspace-events", "g$lshzxetdm"]],
    [["notify-keyspace-events", "xeKm$"]],
    [["notify-keyspace-events", "KEX"]],
    [["latency-tracking-info-percentiles", "50 101"]],
    [["latency-tracking-info-percentiles", ""]],
    [["shutdown-on-sigint", "save force"]],
    [["shutdown-on-sigint", "default save"]],
    [["shutdown-on-sigint", "save foo"]],
    [["oom-score-adj-values", "1 2"]],
    [["unixsocketperm", "700"]],
  ])("answer alike for %j", async (words) => {
    const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ""] as const] : []));
    const config = configOf();
    const outcome = await config.set(pairs);
    const answer = await redis
      .config("SET", ...(words as [string, string]))
      .catch((error: Error) => error.message);
    expect(outcome.ok ? "OK" : outcome.message).toBe(answer);
    if (!outcome.ok) return;
    const names = pairs.map(([name]) => name);
    const shown = (await redis.call("CONFIG", "GET", ...names)) as string[];
    expect(config.match(names).flat().sort()).toEqual(shown.sort());
  });

  test("let the same directives be changed", async () => {
    const names = ((await redis.call("CONFIG", "GET", "*")) as string[]).filter((_, at) => at % 2 === 0);
    const fixed: string[] = [];
    for (const name of names) {
      const [, value = ""] = (await redis.call("CONFIG", "GET", name)) as string[];
      const answer = await redis.config("SET", name, value).catch(String);
      // `dir` and `dbfilename` are protected there, and change with `enable-protected-configs`; here `dir` never does.
      if (/immutable|protected/.test(String(answer)) && name !== "dbfilename") fixed.push(name);
    }
    const ours = names.filter((name) => {
      const known = directiveNamed(name);
      return known !== undefined && !directiveEntry(known).isMutable;
    });
    expect(ours.sort()).toEqual(fixed.sort());
  });

  test("know the same directives, but for those of later versions and our own", async () => {
    const theirs = ((await redis.call("CONFIG", "GET", "*")) as string[]).filter((_, at) => at % 2 === 0);
    const ours = configOf()
      .match(["*"])
      .map(([name]) => name);
    expect(theirs.filter((name) => !ours.includes(name))).toEqual([]);
    expect(ours.filter((name) => !theirs.includes(name) && !/^(?:sm|http)-/.test(name)).sort()).toEqual([
      "cluster-announce-human-nodename",
      "cluster-hold",
      "cluster-lease",
      "cluster-lease-margin",
      "cluster-require-standby",
      "enable-demo",
      "journal-archive-dir",
      "locale-collate",
      "log-format",
      "set-max-listpack-entries",
      "set-max-listpack-value",
      "store",
      "tls-auth-clients-user",
      "verify",
    ]);
  });
});

describe.skipIf(version === undefined)("a file that CONFIG REWRITE wrote", () => {
  // Bytes are held as one character for each.
  const pairs: ReadonlyArray<readonly [name: string, value: string]> = [
    ["requirepass", "p\xe4ss\xff\x00\x01 \"'\\\r\n"],
    ["masterauth", "p\xc3\xa4ss"],
    ["masteruser", "#\t"],
    ["timeout", "5"],
    ["maxclients", "77"],
    ["maxmemory", "1gb"],
    ["maxmemory-clients", "10%"],
    ["save", "60 1000 900 1"],
    ["client-output-buffer-limit", "pubsub 1mb 2mb 60 normal 1kb 0 0"],
    ["notify-keyspace-events", "xeKm$"],
    ["latency-tracking-info-percentiles", "50 99.5"],
    ["oom-score-adj-values", "1 2 3"],
    ["shutdown-on-sigint", "save force"],
    ["slowlog-log-slower-than", "-1"],
    ["proto-max-bulk-len", "2mb"],
    ["proc-title-template", "{title} {port}"],
    ["appendfsync", "no"],
    ["loglevel", "warning"],
  ];

  test("is read alike by redis-server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "detent-agreement-"));
    const file = join(folder, "server.conf");
    const socket = join(folder, "socket");
    const files = memoryFiles({ [file]: `port 0\nunixsocket ${socket}\ndir ${folder}\nsave 1 1\n` });
    const config = configFrom(load([file], { files }));
    expect(config.set(pairs)).toEqual({ ok: true });
    expect(config.rewrite()).toEqual({ ok: true });
    writeFileSync(file, files.contents.get(file) ?? "");
    const server = spawn("redis-server", [file]);
    const client = await TestClient.connectWhenServed(socket);
    const bytes = (word: string | undefined) => Buffer.from(word ?? "", "latin1");
    try {
      expect(String(await client.call("AUTH", bytes(config.get("requirepass"))))).toBe("OK");
      for (const [name] of pairs) {
        const shown = encodeRequest((config.match([name])[0] ?? []).map(bytes));
        expect((await client.exchange("CONFIG", "GET", name)).bytes.toString("latin1")).toBe(
          shown.toString("latin1"),
        );
      }
      // And what it writes in its turn is read alike here.
      expect(String(await client.call("CONFIG", "REWRITE"))).toBe("OK");
      const again = configFrom(
        load([file], {
          files: memoryFiles({ [file]: readFileSync(file, "utf8").replace(/^user .*$/m, "") }),
        }),
      );
      for (const [name] of pairs) expect(again.match([name])).toEqual(config.match([name]));
    } finally {
      await client.close();
      const exit = once(server, "exit");
      server.kill();
      await exit;
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a directive of several words that has none", () => {
  // As redis-server 7.0.15 shows them then.
  test.each([
    ["save", ""],
    ["bind", ""],
    ["latency-tracking-info-percentiles", ""],
    ["client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"],
  ])("%s is empty, or stays as it is", (name, value) => {
    const file = "/srv/detent.conf";
    const config = configFrom(load([file], { files: memoryFiles({ [file]: `${name}\n` }) }));
    expect(config.match([name])).toEqual([[name, value]]);
  });
});
