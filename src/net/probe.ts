/** Asks a server on this host whether it answers. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import type { ConfigValues } from "../config/directives.ts";
import { clientCredentials } from "./tls-options.ts";

/**
 * True when the server with this configuration answers PING in time with anything at all: a refusal comes from a server
 * that lives. Asks over TCP, else TLS, else the Unix socket. @throws TlsError when a file of TLS cannot be read
 */
export function answers(values: ConfigValues, waitMs: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = open(values);
    const end = (isAlive: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      done(isAlive);
    };
    const timer = setTimeout(() => end(false), waitMs);
    socket.write("PING\r\n");
    socket.once("data", (reply: Buffer) => end(/^[+-]/.test(reply.toString("latin1"))));
    // An alert of TLS, too, is the answer of a server that lives: it does not know the certificate of who asks.
    socket.once("error", (error) => end(/alert/i.test(error.message)));
    socket.once("close", () => end(false));
  });
}

/** A connection to the server with this configuration. Nothing secret is sent on it, so its name is not looked at. */
function open(values: ConfigValues): Socket {
  const { bind, dir, port, unixsocket } = values;
  const tlsPort = values["tls-port"];
  if (port !== 0) return connect(addressOf(bind, port));
  if (tlsPort === 0) return connect({ path: resolve(dir, unixsocket) });
  return connectTls({
    ...addressOf(bind, tlsPort),
    ...clientCredentials(values),
    rejectUnauthorized: false,
  });
}

function addressOf(hosts: readonly string[], port: number): NetConnectOpts & { readonly port: number } {
  const host = (hosts[0] ?? "*").replace(/^-/, "");
  const isAny = host === "*" || host === "0.0.0.0" || host === "::";
  return { port, host: isAny ? (host === "::" ? "::1" : "127.0.0.1") : host };
}
