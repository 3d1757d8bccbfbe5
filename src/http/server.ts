/** Listens for HTTP. Loaded only where there is a port for it. */
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import type { ServerContext } from "../commands/server-context.ts";
import { addressText, bindAddress, isAddressMissing } from "../config/bind-address.ts";
import { Drawings } from "../drawing/drawings.ts";
import type { Executor } from "../server/executor.ts";
import type { OnFault } from "../server/faults.ts";
import { createApp } from "./app.ts";
import { noteCertificate } from "./app-context.ts";
import { Jobs } from "./jobs.ts";
import { HttpListenError } from "./listen-error.ts";
import { LoginTokens } from "./login-tokens.ts";

/** How long a client may take for its headers, and for a whole request. */
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;
const IDLE_MS_MAX = 65_000;
/** Room for the id of an event that names the place in some thousand streams (`Last-Event-ID`). */
const HEADER_BYTES_MAX = 128 << 10;

export interface HttpOptions {
  readonly server: ServerContext;
  readonly executor: Executor;
  readonly onFault: OnFault;
  /** 0 lets the system choose one; "none": all connections come by `accept`. */
  readonly port: number | "none";
  /** As the directive `bind` has them. */
  readonly hosts: readonly string[];
}

export interface HttpServer {
  /** 0 when it listens nowhere. */
  readonly port: number;
  /** Serves a connection that has come in elsewhere, over TLS; `commonName` is that of the client's certificate. */
  accept(socket: Duplex, commonName: string | undefined): void;
  /** Whether there are as many of those as there may be, with so many that are on their way in. */
  isFull(pendingCount: number): boolean;
  /** Where it listens, as an operator reads it. */
  readonly addresses: readonly string[];
  /** Tells probes that it is ending, takes no further connections and ends those there are. */
  close(): Promise<void>;
}

/** Resolves once all addresses are bound. @throws HttpListenError */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  let isServing = true;
  const { server: context, executor, onFault } = options;
  const tokens = new LoginTokens(context.clock, context.users);
  const drawings = new Drawings();
  const jobs = new Jobs(context, executor);
  const app = createApp({
    server: context,
    executor,
    onFault,
    tokens,
    drawings,
    jobs,
    isServing: () => isServing,
  });
  const fetch = (request: Request, env: unknown) => app.fetch(request, env as never);
  jobs.restore(onFault);
  const servers: Server[] = [];
  const addresses: string[] = [];
  const connectionsMax = () => context.config.get("maxclients");
  const secure = new SecureConnections(newServer(fetch));
  let port = options.port === "none" ? 0 : options.port;
  const close = async () => {
    isServing = false;
    jobs.close();
    await Promise.all([...[...servers, secure.server].map(end), drawings.close()]);
  };
  for (const word of options.port === "none" ? [] : options.hosts) {
    const { named, host, isOptional } = bindAddress(word);
    try {
      const bound = await listen(fetch, { host, port, connectionsMax: connectionsMax() });
      servers.push(bound.server);
      port = bound.port;
      addresses.push(`http://${addressText(host, port)}`);
    } catch (error) {
      if (isOptional && isAddressMissing(error)) continue;
      await close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new HttpListenError(`Could not listen for HTTP on ${named}:${port}: ${reason}`);
    }
  }
  return {
    port,
    addresses,
    close,
    accept: (socket, commonName) => secure.accept(socket, commonName),
    isFull: (pendingCount) => secure.count + pendingCount >= connectionsMax(),
  };
}

/** Connections over TLS, which come in at a port that is not ours. */
class SecureConnections {
  readonly server: Server;
  count = 0;

  constructor(server: Server) {
    this.server = server;
    // It listens nowhere, and this begins to look after the times that requests may take.
    server.emit("listening");
  }

  accept(socket: Duplex, commonName: string | undefined): void {
    if (commonName !== undefined) noteCertificate(socket, commonName);
    this.count += 1;
    socket.once("close", () => {
      this.count -= 1;
    });
    this.server.emit("connection", socket);
  }
}

type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

function listen(
  fetch: Fetch,
  where: { readonly host: string; readonly port: number; readonly connectionsMax: number },
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = newServer(fetch);
  server.maxConnections = where.connectionsMax;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: where.host, port: where.port, ipv6Only: where.host.includes(":") }, () => {
      server.off("error", reject);
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : where.port;
      resolve({ server, port });
    });
  });
}

function newServer(fetch: Fetch): Server {
  // Without options of HTTP/2 or TLS it makes a server of node:http.
  return createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: IDLE_MS_MAX,
    },
  }) as Server;
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
