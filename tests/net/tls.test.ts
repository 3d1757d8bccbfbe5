import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { authority, type Pair } from "../support/certificates.ts";
import { encodeRequest, TestClient } from "../support/client.ts";
import { freePort } from "../support/free-port.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const directory = mkdtempSync(join(tmpdir(), "detent-tls-"));
afterAll(() => rmSync(directory, { recursive: true }));
const ours = authority(directory, "ours");
const others = authority(directory, "others");
const serverPair = ours.issue("server");
const clientPair = ours.issue("client");

interface TlsServer extends TestServer {
  readonly tlsPort: number;
}

async function serve(config: Partial<ConfigValues> = {}): Promise<TlsServer> {
  const tlsPort = await freePort();
  const server = await startTestServer({
    config: {
      "tls-port": tlsPort,
      "tls-cert-file": serverPair.cert,
      "tls-key-file": serverPair.key,
      "tls-ca-cert-file": ours.cert,
      ...config,
    },
  });
  onTestFinished(() => server.close());
  return { ...server, tlsPort };
}

/** Sends a PING; resolves to what came back, or to the reason why nothing did. */
async function ping(port: number, options: ConnectionOptions = {}, request = "PING\r\n"): Promise<string> {
  const socket = open(port, options);
  socket.write(request);
  try {
    const [reply] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => ["closed"])]);
    return String(reply).trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    socket.destroy();
  }
}

function open(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({ port, host: "127.0.0.1", ca: readFileSync(ours.cert), ...options });
  socket.on("error", () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

const shown = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });

const REFUSED = /closed|alert|ECONNRESET|disconnected|hang up/i;

describe("tls-port", () => {
  test("accepts a certificate of the authority, beside the plain port", async () => {
    const server = await serve();
    expect(await ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
    const plain = await server.client();
    expect(String(await plain.call("PING"))).toBe("PONG");
    const info = String(await plain.call("INFO", "server"));
    expect(info).toContain(`listener0:name=tcp,bind=127.0.0.1,port=${server.port}`);
    expect(info).toContain(`listener1:name=tls,bind=127.0.0.1,port=${server.tlsPort}`);
  });

  test.each([
    ["no certificate", () => ({})],
    ["one of another authority", () => shown(others.issue("stranger"))],
    ["one that has expired", () => shown(ours.issue("late", { days: -1 }))],
  ])("refuses %s", async (_title, credentials) => {
    const server = await serve();
    expect(await ping(server.tlsPort, credentials())).toMatch(REFUSED);
    expect(server.context.statistics.rejectedConnectionCount).toBe(1);
    expect(server.context.sessions.size).toBe(0);
  });

  test("tls-auth-clients optional accepts a client without a certificate, and refuses a bad one", async () => {
    const server = await serve({ "tls-auth-clients": "optional" });
    expect(await ping(server.tlsPort)).toBe("+PONG");
    expect(await ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
    expect(await ping(server.tlsPort, shown(others.issue("stranger2")))).toMatch(REFUSED);
    expect(await ping(server.tlsPort, shown(ours.issue("late2", { days: -1 })))).toMatch(REFUSED);
  });

  test("tls-auth-clients no asks for no certificate, and needs no authority", async () => {
    const server = await serve({ "tls-auth-clients": "no", "tls-ca-cert-file": "" });
    expect(await ping(server.tlsPort)).toBe("+PONG");
  });

  test("refuses plain text", async () => {
    const server = await serve();
    const socket = connectPlain({ port: server.tlsPort, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.write("PING\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    expect(Buffer.concat(chunks).toString("latin1")).not.toContain("PONG");
  });

  test("reads large requests and sends large replies, and all of them to a half-closed client", async () => {
    const server = await serve();
    const value = randomBytes(5_000_000);
    const socket = open(server.tlsPort, { ...shown(clientPair), allowHalfOpen: true } as ConnectionOptions);
    socket.end(Buffer.concat([encodeRequest(["SET", "k", value]), encodeRequest(["GET", "k"])]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const expected = Buffer.concat([Buffer.from("+OK\r\n$5000000\r\n"), value, Buffer.from("\r\n")]);
    expect(Buffer.concat(chunks).equals(expected)).toBe(true);
  });

  test("clients that have not finished the handshake count for maxclients", async () => {
    const server = await serve({ maxclients: 2 });
    const client = await server.client();
    await client.call("PING");
    const halfway = connectPlain({ port: server.tlsPort, host: "127.0.0.1" });
    await once(halfway, "connect");
    await client.call("PING");
    expect(await ping(server.tlsPort, shown(clientPair))).toMatch(REFUSED);
    halfway.destroy();
    await expect.poll(() => ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
  });

  test("tls-protocols, tls-ciphersuites and tls-ciphers restrict connections", async () => {
    const old = await serve({ "tls-protocols": "TLSv1.2", "tls-ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384" });
    const socket = open(old.tlsPort, shown(clientPair));
    await once(socket, "secureConnect");
    expect([socket.getProtocol(), socket.getCipher().name]).toEqual([
      "TLSv1.2",
      "ECDHE-ECDSA-AES256-GCM-SHA384",
    ]);
    expect(await ping(old.tlsPort, { ...shown(clientPair), minVersion: "TLSv1.3" })).toMatch(REFUSED);
    const fresh = await serve({ "tls-protocols": "TLSv1.3", "tls-ciphersuites": "TLS_AES_128_GCM_SHA256" });
    const second = open(fresh.tlsPort, shown(clientPair));
    await once(second, "secureConnect");
    expect([second.getProtocol(), second.getCipher().name]).toEqual(["TLSv1.3", "TLS_AES_128_GCM_SHA256"]);
    expect(await ping(fresh.tlsPort, { ...shown(clientPair), maxVersion: "TLSv1.2" })).toMatch(REFUSED);
  });

  test.each([
    [true, true],
    [false, false],
  ])("tls-session-caching %s: a session can be resumed: %s", async (caching, isResumed) => {
    const server = await serve({ "tls-session-caching": caching, "tls-protocols": "TLSv1.2" });
    const first = open(server.tlsPort, shown(clientPair));
    await once(first, "secureConnect");
    const session = first.getSession();
    const second = open(server.tlsPort, {
      ...shown(clientPair),
      ...(session === undefined ? {} : { session }),
    });
    await once(second, "secureConnect");
    expect(second.isSessionReused()).toBe(isResumed);
  });

  test("tls-ca-cert-dir reads certificates under hashed names", async () => {
    const folder = join(temporaryDirectory(), "authorities");
    mkdirSync(folder);
    copyFileSync(ours.cert, join(folder, "ours.pem"));
    const hash = execFileSync("openssl", ["x509", "-hash", "-noout", "-in", ours.cert], { encoding: "utf8" });
    symlinkSync("ours.pem", join(folder, `${hash.trim()}.0`));
    const server = await serve({ "tls-ca-cert-file": "", "tls-ca-cert-dir": folder });
    expect(await ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
  });

  test("tls-key-file-pass opens the private key", async () => {
    const key = join(temporaryDirectory(), "locked.key");
    execFileSync("openssl", ["pkey", "-in", serverPair.key, "-aes256", "-passout", "pass:a b", "-out", key]);
    const server = await serve({ "tls-key-file": key, "tls-key-file-pass": "a b" });
    expect(await ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
  });

  test("tls-auth-clients-user CN: the common name is the user, who needs no AUTH", async () => {
    const server = await serve({ requirepass: "secret", "tls-auth-clients-user": "CN" });
    const named = ours.issue("named", { commonName: "default" });
    expect(await ping(server.tlsPort, shown(named))).toBe("+PONG");
    expect(await ping(server.tlsPort, shown(clientPair))).toMatch(/^-NOAUTH/);
    const plain = await server.client();
    await plain.call("AUTH", "secret");
    await plain.call("CONFIG", "SET", "tls-auth-clients-user", "off");
    expect(await ping(server.tlsPort, shown(named))).toMatch(/^-NOAUTH/);
  });
});

test("a connection has the rights of its certificate's user, and none when the user is off", async () => {
  const server = await serve({ requirepass: "secret", "tls-auth-clients-user": "CN" });
  const admin = await server.client();
  await admin.call("AUTH", "secret");
  await admin.call("ACL", "SETUSER", "billing", "on", "+get", "+acl|whoami", "~bill:*");
  const pair = ours.issue("billing");
  const asked = await ping(server.tlsPort, shown(pair), "ACL WHOAMI\r\n");
  expect(asked).toBe("$7\r\nbilling");
  expect(await ping(server.tlsPort, shown(pair), "GET other\r\n")).toMatch(/^-NOPERM/);
  await admin.call("ACL", "SETUSER", "billing", "off");
  expect(await ping(server.tlsPort, shown(pair), "GET bill:1\r\n")).toMatch(/^-NOAUTH/);
});

describe("a start with invalid TLS directives", () => {
  const bad = join(directory, "bad.pem");
  writeFileSync(bad, "nothing");
  test.each<[Partial<ConfigValues>, string]>([
    [{ "tls-cert-file": "" }, "No tls-cert-file configured!"],
    [{ "tls-key-file": "" }, "No tls-key-file configured!"],
    [{ "tls-ca-cert-file": "" }, "Either tls-ca-cert-file or tls-ca-cert-dir must be specified"],
    [{ "tls-cert-file": "/no/such.crt" }, "tls-cert-file '/no/such.crt': No such file or directory"],
    [{ "tls-cert-file": bad }, `tls-cert-file '${bad}' holds no certificate in PEM`],
    [{ "tls-key-file": bad }, `tls-key-file '${bad}' cannot be read`],
    [{ "tls-key-file": clientPair.key }, `tls-key-file '${clientPair.key}' is not the key of tls-cert-file`],
    [{ "tls-ca-cert-file": bad }, `tls-ca-cert-file '${bad}' holds no PEM certificate`],
    [{ "tls-ca-cert-dir": directory }, "has no certificate under a hashed name: run 'openssl rehash"],
    [{ "tls-ciphers": "NOPE" }, "OpenSSL does not take the TLS directives"],
    [{ "tls-dh-params-file": bad }, `tls-dh-params-file '${bad}' holds no DH PARAMETERS in PEM`],
  ])("%j says what is wrong", async (config, message) => {
    await expect(serve(config)).rejects.toThrow(message);
  });
});

describe("CONFIG SET of TLS files", () => {
  test("applies to new connections, and open ones stay", async () => {
    const server = await serve();
    const admin = await server.client();
    const before = open(server.tlsPort, shown(clientPair));
    await once(before, "secureConnect");
    const fresh = ours.issue("fresh");
    expect(
      String(await admin.call("CONFIG", "SET", "tls-cert-file", fresh.cert, "tls-key-file", fresh.key)),
    ).toBe("OK");
    const after = open(server.tlsPort, shown(clientPair));
    await once(after, "secureConnect");
    expect(before.getPeerCertificate().subject.CN).toBe("server");
    expect(after.getPeerCertificate().subject.CN).toBe("fresh");
    before.write("PING\r\n");
    expect(String(await once(before, "data"))).toBe("+PONG\r\n");
  });

  test("reads a replaced file when the name is the same", async () => {
    const folder = temporaryDirectory();
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const install = (pair: Pair) => {
      copyFileSync(pair.cert, cert);
      copyFileSync(pair.key, key);
    };
    install(serverPair);
    const server = await serve({ "tls-cert-file": cert, "tls-key-file": key });
    const admin = await server.client();
    install(ours.issue("renewed"));
    expect(String(await admin.call("CONFIG", "SET", "tls-cert-file", cert))).toBe("OK");
    const socket = open(server.tlsPort, shown(clientPair));
    await once(socket, "secureConnect");
    expect(socket.getPeerCertificate().subject.CN).toBe("renewed");
  });

  test("changes nothing and says why when a file cannot be used", async () => {
    const server = await serve();
    const admin = await server.client();
    expect((await admin.exchange("CONFIG", "SET", "tls-cert-file", "/no/such.crt")).bytes.toString()).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - Unable to update TLS configuration. " +
        "tls-cert-file '/no/such.crt': No such file or directory\r\n",
    );
    expect((await admin.call("CONFIG", "GET", "tls-cert-file")) as unknown[]).toHaveLength(2);
    expect(server.context.config.get("tls-cert-file")).toBe(serverPair.cert);
    expect(await ping(server.tlsPort, shown(clientPair))).toBe("+PONG");
  });

  test("ends resumable sessions when the authority changes", async () => {
    const server = await serve({ "tls-protocols": "TLSv1.2" });
    const admin = await server.client();
    const first = open(server.tlsPort, shown(clientPair));
    await once(first, "secureConnect");
    const session = first.getSession();
    await admin.call("CONFIG", "SET", "tls-ca-cert-file", others.cert);
    expect(
      await ping(server.tlsPort, { ...shown(clientPair), ...(session === undefined ? {} : { session }) }),
    ).toMatch(REFUSED);
  });

  test("drops no connection under load", async () => {
    const server = await serve();
    const admin = await server.client();
    const sockets = Array.from({ length: 20 }, () => open(server.tlsPort, shown(clientPair)));
    let answered = 0;
    let closed = 0;
    for (const socket of sockets) {
      socket.on("close", () => {
        closed += 1;
      });
      socket.on("data", (chunk: Buffer) => {
        answered += chunk.toString().split("+PONG\r\n").length - 1;
        socket.write("PING\r\n");
      });
      socket.write("PING\r\n");
    }
    const pairs = [serverPair, ours.issue("turn")];
    let joined = 0;
    for (let round = 0; round < 20; round += 1) {
      const { cert, key } = pairs[round % 2] ?? serverPair;
      const joining = ping(server.tlsPort, shown(clientPair));
      await admin.call("CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key);
      if ((await joining) === "+PONG") joined += 1;
    }
    expect(joined).toBe(20);
    expect(answered).toBeGreaterThan(20);
    expect(closed).toBe(0);
  });
});

describe("CONFIG SET tls-port", () => {
  test("starts and stops TLS while the server runs", async () => {
    const server = await serve();
    const admin = await server.client();
    const later = await freePort();
    expect(String(await admin.call("CONFIG", "SET", "tls-port", 0))).toBe("OK");
    expect(await ping(server.tlsPort, shown(clientPair))).toMatch(/ECONNREFUSED/);
    expect(String(await admin.call("CONFIG", "SET", "tls-port", later, "tls-auth-clients", "no"))).toBe("OK");
    expect(await ping(later)).toBe("+PONG");
    const plain = await TestClient.connect(server.port);
    expect(String(await plain.call("PING"))).toBe("PONG");
    await plain.close();
  });
});
