/**
 * Where the server listens, as the configuration has it and as CONFIG SET changes it: `bind`, `port`, `tls-port`, the
 * Unix socket, and the files of TLS.
 */
import type { Socket } from "node:net";
import { resolve } from "node:path";
import type { TLSSocket } from "node:tls";
import type { Log } from "../base/log.ts";
import type { Config, ConfigChange, Refusal } from "../config/config.ts";
import { TLS } from "../config/directives/tls.ts";
import { type ConfigValues, directiveEntry } from "../config/directives.ts";
import type { Connections } from "./connections.ts";
import { ListenError, type Listener, type ListenerKind, type Place } from "./listener.ts";
import { Listeners } from "./listeners.ts";
import { TlsGate, type TlsGateOptions } from "./tls-gate.ts";
import { TlsError, type TlsSettings, tlsSettings } from "./tls-options.ts";

export interface ListeningOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly log: Log;
  /** Instead of the directive's port until that is changed; 0 lets the system choose one. */
  readonly port: number | "none";
  /** Told of each client that is turned away before it has a session. */
  readonly onRefused: () => void;
  /** Where HTTP is spoken over TLS, if anywhere. */
  readonly secureHttp?: SecureHttp | undefined;
}

/** A port that takes connections as `tls-port` does, for whoever speaks something else on them. */
export interface SecureHttp {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Whether it takes no more connections, with so many that are on their way in. */
  isFull(pendingCount: number): boolean;
  /** A client has come through; `commonName` is that of its certificate, if it has shown one. */
  accept(socket: TLSSocket, commonName: string | undefined): void;
}

export interface Listening {
  /** All that is bound, in the order TCP, Unix socket, TLS. */
  readonly listeners: readonly Listener[];
  /** Those of HTTP over TLS. */
  readonly secureHttp: readonly Listener[];
  /** Takes no further connections. */
  close(): void;
}

/** How soon before its certificate expires the server warns. */
const EXPIRY_WARNING_MS = 14 * 24 * 3600 * 1000;

/** Resolves once all addresses are bound. @throws ListenError when one cannot be, or TLS is not as it should */
export async function startListening(options: ListeningOptions): Promise<Listening> {
  const { config, log } = options;
  const given = config.get("port");
  let { port } = options;
  const { secureHttp, connections } = options;
  const gate = gateOf(options, (socket, commonName) => connections.accept(socket, commonName));
  const httpGate = gateOf(options, (socket, commonName) => secureHttp?.accept(socket, commonName));
  const listeners = new Listeners({
    backlog: config.get("tcp-backlog"),
    onSocket: (socket, kind) => admit(options, gate, socket, kind),
  });
  const httpListeners = new Listeners({
    backlog: config.get("tcp-backlog"),
    onSocket: (socket) =>
      admitSecure(options, httpGate, socket, (pending) => secureHttp?.isFull(pending) === true),
  });
  const needsTls = () => config.get("tls-port") !== 0 || secureHttp !== undefined;
  const readTls = (): void => {
    const settings = tlsSettings(config.values);
    gate.configure(settings);
    httpGate.configure(settings);
    tellOf(settings, log);
  };
  const places = () => placesOf(config.values, port);
  const change = ({ name, value }: ConfigChange): Refusal | Promise<Refusal> => {
    if (Object.hasOwn(TLS, name) && needsTls()) {
      const fault = faultOf(readTls);
      if (fault !== undefined) return `Unable to update TLS configuration. ${fault}`;
    }
    if (!directiveEntry(name).rebinds) return undefined;
    if (name === "port") port = value === given ? options.port : Number(value) || "none";
    return listeners.change(places()).then(
      () => tellWhere(listeners.all, log),
      (error) => refusalOf(name, error, log),
    );
  };
  try {
    if (needsTls()) readTls();
    await listeners.change(places());
    await httpListeners.change(placesOfHttp(secureHttp));
    if (listeners.all.length === 0) throw new ListenError("Configured to not listen anywhere, exiting.");
  } catch (error) {
    listeners.close();
    httpListeners.close();
    if (error instanceof TlsError) throw new ListenError(`Failed to configure TLS: ${error.message}`);
    throw error;
  }
  const stopChanging = config.onChange(change);
  return {
    get listeners() {
      return listeners.all;
    },
    get secureHttp() {
      return httpListeners.all;
    },
    close: () => {
      stopChanging();
      listeners.close();
      httpListeners.close();
      gate.close();
      httpGate.close();
    },
  };
}

function gateOf({ log, onRefused }: ListeningOptions, onSecure: TlsGateOptions["onSecure"]): TlsGate {
  return new TlsGate({
    onSecure,
    onRefused: (why, { remoteAddress, remotePort }) => {
      onRefused();
      log(`Error accepting a client connection: ${why} (addr=${remoteAddress}:${remotePort})`, "verbose");
    },
  });
}

function admit(options: ListeningOptions, gate: TlsGate, socket: Socket, kind: ListenerKind): void {
  const { connections } = options;
  if (kind === "tls") admitSecure(options, gate, socket, (pending) => connections.isFull(pending));
  else connections.accept(socket);
}

function admitSecure(
  { onRefused }: ListeningOptions,
  gate: TlsGate,
  socket: Socket,
  isFull: (pendingCount: number) => boolean,
): void {
  // A client that has not agreed on keys cannot read anything.
  if (isFull(gate.pendingCount)) {
    onRefused();
    socket.destroy();
    return;
  }
  gate.accept(socket);
}

function placesOf(values: ConfigValues, port: number | "none"): readonly Place[] {
  const { bind, dir, unixsocket, unixsocketperm } = values;
  const tlsPort = values["tls-port"];
  const unix: Place = { kind: "unix", path: resolve(dir, unixsocket), permissions: unixsocketperm };
  return [
    ...(port === "none" ? [] : bind.map((host) => ({ kind: "tcp", host, port }) as const)),
    ...(unixsocket === "" ? [] : [unix]),
    ...(tlsPort === 0 ? [] : bind.map((host) => ({ kind: "tls", host, port: tlsPort }) as const)),
  ];
}

function placesOfHttp(secureHttp: SecureHttp | undefined): readonly Place[] {
  if (secureHttp === undefined) return [];
  const { port, hosts } = secureHttp;
  return hosts.map((host) => ({ kind: "tls", host, port }));
}

/** What is wrong with the files of TLS, if something is. */
function faultOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof TlsError) return error.message;
    throw error;
  }
}

function refusalOf(name: string, error: unknown, log: Log): string {
  if (!(error instanceof ListenError)) throw error;
  log(error.message, "warning");
  return name === "bind"
    ? "Failed to bind to specified addresses."
    : "Unable to listen on this port. Check server logs.";
}

function tellWhere(listeners: readonly Listener[], log: Log): undefined {
  log(
    `Listening on ${listeners.map(({ address, place }) => `${address} (${place.kind})`).join(", ") || "no address"}`,
  );
}

/** An operator looks at the log after new files: whose certificate it is, and until when. */
function tellOf({ certificate }: TlsSettings, log: Log): void {
  const { subject, validTo } = certificate;
  const name = subject?.replaceAll("\n", ", ") ?? "no name";
  const leftMs = Date.parse(validTo) - Date.now();
  log(`TLS certificate of ${name}, valid to ${validTo}`);
  if (leftMs <= 0) log("The TLS certificate has expired: clients will refuse it", "warning");
  else if (leftMs < EXPIRY_WARNING_MS) log(`The TLS certificate expires at ${validTo}`, "warning");
}
