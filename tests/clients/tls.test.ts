/** TLS as clients know it: openssl, redis-cli, ioredis, redis-py, and the server's own health check. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authority, type Pair } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { missing, outputOf } from "./external.ts";

const PYTHON = "/usr/bin/python3";
const noCli = missing("redis-cli with TLS", "sh", "-c", "redis-cli --help 2>&1 | grep -q -e --tls");
const noPython = missing("python3-redis", PYTHON, "-c", "import redis");
const titled = (name: string, reason: string | undefined) =>
  `${name}${reason === undefined ? "" : ` (${reason})`}`;

const directory = mkdtempSync(join(tmpdir(), "detent-tls-clients-"));
const ours = authority(directory, "ours");
const pair = ours.issue("client");
const refused: ReadonlyArray<readonly [string, Pair]> = [
  ["one of another authority", authority(directory, "others").issue("stranger")],
  ["one that has expired", ours.issue("late", { days: -1 })],
];

let server: TestServer;
let port: number;
beforeAll(async () => {
  port = await freePort();
  const own = ours.issue("server");
  server = await startTestServer({
    config: {
      "tls-port": port,
      "tls-cert-file": own.cert,
      "tls-key-file": own.key,
      "tls-ca-cert-file": ours.cert,
    },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe("openssl s_client", () => {
  const client = (...args: readonly string[]) =>
    outputOf(
      "openssl",
      [
        "s_client",
        "-connect",
        `127.0.0.1:${port}`,
        "-CAfile",
        ours.cert,
        "-verify_return_error",
        "-ign_eof",
        ...args,
      ],
      "PING\r\nQUIT\r\n",
    );

  test("connects with a certificate of the authority", async () => {
    const shown = await client("-cert", pair.cert, "-key", pair.key);
    expect(shown).toContain("Verify return code: 0 (ok)");
    expect(shown).toContain("+PONG\r\n+OK\r\n");
  });

  test.each(refused)("gets no reply with %s", async (_title, { cert, key }) => {
    const shown = await client("-cert", cert, "-key", key).catch(String);
    expect(shown).not.toContain("PONG");
  });

  test("gets no reply without a certificate", async () => {
    expect(await client().catch(String)).not.toContain("PONG");
  });
});

describe.skipIf(noCli !== undefined)(titled("redis-cli --tls", noCli), () => {
  const cli = (...args: readonly string[]) =>
    outputOf("redis-cli", ["-p", String(port), "--tls", "--cacert", ours.cert, ...args]);

  test("connects with a certificate of the authority", async () => {
    expect(await cli("--cert", pair.cert, "--key", pair.key, "SET", "cli", "1")).toBe("OK\n");
    expect(
      await cli(
        "--cert",
        pair.cert,
        "--key",
        pair.key,
        "--tls-ciphersuites",
        "TLS_AES_128_GCM_SHA256",
        "GET",
        "cli",
      ),
    ).toBe("1\n");
  });

  test.each(refused)("is refused with %s", async (_title, { cert, key }) => {
    await expect(cli("--cert", cert, "--key", key, "PING")).rejects.toThrow(/redis-cli ended with/);
  });

  test("is refused without a certificate", async () => {
    await expect(cli("PING")).rejects.toThrow(/redis-cli ended with/);
  });
});

describe("ioredis", () => {
  const connect = (tls: object) => {
    const redis = new Redis({
      port,
      host: "127.0.0.1",
      lazyConnect: true,
      retryStrategy: () => null,
      tls: { ca: readFileSync(ours.cert), ...tls },
    });
    redis.on("error", () => undefined);
    return redis;
  };
  const shown = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });

  test("connects with a certificate of the authority", async () => {
    const redis = connect(shown(pair));
    await redis.connect();
    expect(await redis.set("io", "x".repeat(100_000))).toBe("OK");
    expect(await redis.get("io")).toHaveLength(100_000);
    redis.disconnect();
  });

  test.each([
    ...refused.map(([title, bad]) => [title, shown(bad)] as const),
    ["no certificate", {}] as const,
  ])("is refused with %s", async (_title, tls) => {
    const redis = connect(tls);
    await expect(redis.connect().then(() => redis.ping())).rejects.toThrow();
    redis.disconnect();
  });
});

describe.skipIf(noPython !== undefined)(titled("redis-py", noPython), () => {
  const script = `
import redis, sys
port, ca, cert, key = sys.argv[1:5]
client = redis.Redis(port=int(port), ssl=True, ssl_ca_certs=ca, **({"ssl_certfile": cert, "ssl_keyfile": key} if cert else {}))
try:
    client.set("py", "1")
    print(client.get("py"))
except (redis.ConnectionError, redis.TimeoutError) as error:
    print("refused")
`;
  const python = (cert: string, key: string) =>
    outputOf(PYTHON, ["-c", script, String(port), ours.cert, cert, key]);

  test("connects with a certificate of the authority", async () => {
    expect(await python(pair.cert, pair.key)).toBe("b'1'\n");
  });

  test.each([...refused, ["no certificate", { cert: "", key: "" }] as const])(
    "is refused with %s",
    async (_title, { cert, key }) => {
      expect(await python(cert, key)).toBe("refused\n");
    },
  );
});
