import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { ConfigValues } from "../../src/config/directives.ts";
import { authority, type Pair } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const directory = mkdtempSync(join(tmpdir(), "detent-https-"));
afterAll(() => rmSync(directory, { recursive: true }));
const ours = authority(directory, "ours");
const others = authority(directory, "others");
const serverPair = ours.issue("server");

interface HttpsServer extends TestServer {
  readonly httpsPort: number;
}

async function serve(config: Partial<ConfigValues> = {}, closesAtEnd = true): Promise<HttpsServer> {
  const httpsPort = await freePort();
  const server = await startTestServer({
    config: {
      "http-tls-port": httpsPort,
      "tls-cert-file": serverPair.cert,
      "tls-key-file": serverPair.key,
      "tls-ca-cert-file": ours.cert,
      "tls-auth-clients": "no",
      ...config,
    },
  });
  if (closesAtEnd) onTestFinished(() => server.close());
  return { ...server, httpsPort };
}

const shown = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key) });

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string;
  readonly certificate: string;
  readonly socket: TLSSocket;
}

/** What is answered, or the reason why nothing is. */
function ask(
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: object,
): Promise<Answer | string> {
  return new Promise((resolve) => {
    const asked = { host: "127.0.0.1", port, path, ca: readFileSync(ours.cert), agent: false, ...options };
    const outgoing = request(asked, (incoming) => {
      const chunks: Buffer[] = [];
      // At its end, a response has no socket any more.
      const socket = incoming.socket as TLSSocket;
      const certificate = String(socket.getPeerCertificate().subject.CN);
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          body: Buffer.concat(chunks).toString("utf8"),
          cookie: String(incoming.headers["set-cookie"] ?? ""),
          certificate,
          socket,
        }),
      );
    });
    outgoing.on("error", (error) => resolve(error.message));
    if (body !== undefined) outgoing.setHeader("content-type", "application/json");
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const REFUSED = /alert|ECONNRESET|disconnected|hang up|EPIPE/i;

describe("http-tls-port", () => {
  test("answers probes, metrics and commands over TLS, without http-port", async () => {
    const { httpsPort, context } = await serve();
    expect(await ask(httpsPort, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    expect(await ask(httpsPort, "/readyz")).toMatchObject({ status: 200 });
    expect(await ask(httpsPort, "/metrics")).toMatchObject({ status: 200, body: /^detent_/m });
    const set = await ask(httpsPort, "/api/v1/commands", { method: "POST" }, ["SET", "k", "1"] as never);
    expect(set).toMatchObject({ status: 200, body: '"OK"\n' });
    expect(context.sessions.size).toBe(0);
  });

  test("speaks no plain HTTP on its port", async () => {
    const { httpsPort } = await serve();
    await expect(fetch(`http://127.0.0.1:${httpsPort}/healthz`)).rejects.toThrow();
  });

  test("accepts the wanted certificate, and refuses a missing, expired or foreign one", async () => {
    const { httpsPort } = await serve({ "tls-auth-clients": "yes" });
    expect(await ask(httpsPort, "/healthz", shown(ours.issue("good")))).toMatchObject({ status: 200 });
    expect(await ask(httpsPort, "/healthz")).toMatch(REFUSED);
    expect(await ask(httpsPort, "/healthz", shown(ours.issue("old", { days: -1 })))).toMatch(REFUSED);
    expect(await ask(httpsPort, "/healthz", shown(others.issue("foreign")))).toMatch(REFUSED);
  });

  test("takes the user from the certificate with tls-auth-clients-user CN", async () => {
    const { httpsPort, client } = await serve({
      "tls-auth-clients": "optional",
      "tls-auth-clients-user": "CN",
    });
    const admin = await client();
    await admin.call("ACL", "SETUSER", "default", ">secret", "resetpass", ">secret");
    await admin.call("ACL", "SETUSER", "ship", "on", "+acl|whoami", "+info", "~ship:*");
    const who = (options: RequestOptions) =>
      ask(httpsPort, "/api/v1/commands", { method: "POST", ...options }, ["ACL", "WHOAMI"] as never);
    expect(await who(shown(ours.issue("ship")))).toMatchObject({ status: 200, body: '"ship"\n' });
    expect(await who(shown(ours.issue("nobody")))).toMatchObject({ status: 401 });
    expect(await who({})).toMatchObject({ status: 401 });
  });

  test("new certificates apply to new connections, and open ones stay", async () => {
    const { httpsPort, client } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    expect(await ask(httpsPort, "/healthz", { agent })).toMatchObject({ certificate: "server" });
    const { cert, key } = ours.issue("renewed");
    const admin = await client();
    expect(await admin.call("CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key)).toBe("OK");
    expect(await ask(httpsPort, "/healthz", { agent })).toMatchObject({ status: 200, certificate: "server" });
    expect(await ask(httpsPort, "/healthz")).toMatchObject({ status: 200, certificate: "renewed" });
  });

  test("new certificates under load drop nobody", async () => {
    const { httpsPort, client } = await serve();
    const admin = await client();
    const pairs = [serverPair, ours.issue("turn")];
    const agents = Array.from({ length: 20 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    let isOver = false;
    onTestFinished(() => {
      isOver = true;
      for (const agent of agents) agent.destroy();
    });
    /** The connections that were ever opened, and how often each was answered. */
    const answered = new Map<TLSSocket, number>();
    const failed: unknown[] = [];
    const loads = agents.map(async (agent, number) => {
      while (!isOver) {
        const body = ["INCR", `k${number}`];
        const answer = await ask(httpsPort, "/api/v1/commands", { method: "POST", agent }, body as never);
        if (typeof answer === "string" || answer.status !== 200) failed.push(answer);
        else answered.set(answer.socket, (answered.get(answer.socket) ?? 0) + 1);
      }
    });
    const events = request({
      host: "127.0.0.1",
      port: httpsPort,
      path: "/api/v1/changes",
      ca: readFileSync(ours.cert),
    });
    let hasEnded = false;
    await new Promise<void>((resolve) => {
      events.on("response", (incoming) => {
        incoming.on("close", () => {
          hasEnded = true;
        });
        incoming.resume();
        resolve();
      });
      events.end();
    });
    const joined: unknown[] = [];
    for (let round = 0; round < 20; round += 1) {
      const { cert, key } = pairs[(round + 1) % 2] ?? serverPair;
      const joining = ask(httpsPort, "/healthz");
      await admin.call("CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key);
      joined.push(await joining, await ask(httpsPort, "/healthz"));
      const before = new Map(answered);
      // Each has been answered since by the connection that it had.
      await expect
        .poll(() => [...answered].filter(([socket, count]) => count > (before.get(socket) ?? 0)).length, {
          timeout: 20_000,
        })
        .toBe(agents.length);
    }
    isOver = true;
    await Promise.all(loads);
    expect(failed).toEqual([]);
    expect(joined.filter((answer) => (answer as Answer).status !== 200)).toEqual([]);
    expect(answered.size).toBe(agents.length);
    expect(hasEnded).toBe(false);
    events.destroy();
    // None was lost and none came twice.
    const counted = await Promise.all(agents.map((_, number) => admin.call("GET", `k${number}`)));
    expect(counted.map(Number).sort()).toEqual([...answered.values()].sort());
  }, 60_000);

  test("files that cannot be used end the start, whether or not there is a tls-port", async () => {
    await expect(serve({ "tls-key-file": others.issue("other").key })).rejects.toThrow(
      /Failed to configure TLS: tls-key-file .* is not the key of tls-cert-file/,
    );
  });

  test("the cookie of a login over TLS is sent over TLS alone", async () => {
    const { httpsPort } = await serve({ requirepass: "secret" });
    const login = await ask(httpsPort, "/api/v1/login", { method: "POST" }, { password: "secret" });
    expect(login).toMatchObject({ status: 200, cookie: /; Secure$/ });
  });

  test("counts connections for maxclients, and closes them when the server ends", async () => {
    const { httpsPort, close } = await serve({ maxclients: 2 }, false);
    const open = () => connect({ host: "127.0.0.1", port: httpsPort, ca: readFileSync(ours.cert) });
    const ends: Array<Promise<unknown>> = [];
    for (let count = 0; count < 2; count += 1) {
      const socket = open();
      socket.on("error", () => undefined);
      ends.push(new Promise((resolve) => socket.once("close", resolve)));
      socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
      await new Promise((resolve) => socket.once("data", resolve));
    }
    expect(await ask(httpsPort, "/healthz")).toMatch(REFUSED);
    await close();
    await Promise.all(ends);
  });
});
