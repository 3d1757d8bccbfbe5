/** A connection to a server that runs, for subcommands: one request after the other, replies as texts. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import Parser from "redis-parser";

/** Maps and sets come as lists, as in RESP2. */
export type Reply = string | number | null | readonly Reply[];

/** The server cannot be reached, or has refused a request. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
}

const PORT = 6379;
const CONNECT_MS = 10_000;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class Remote {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #failure: RemoteError | undefined;

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    const parser = new Parser({
      returnReply: (reply) => this.#waiting.shift()?.resolve(textsOf(reply)),
      returnError: (error) => this.#waiting.shift()?.reject(new RemoteError(error.message)),
      returnFatalError: (error) =>
        this.#fail(new RemoteError(`${name} does not answer as a server: ${error.message}`)),
      returnBuffers: true,
    });
    socket.on("data", (bytes: Buffer) => parser.execute(bytes));
    socket.on("error", (error) => this.#fail(new RemoteError(`${name}: ${error.message}`)));
    socket.on("close", () => this.#fail(new RemoteError(`${name} has closed the connection`)));
  }

  /** @param url as for `openConnection`. @throws RemoteError */
  static async connect(url: string): Promise<Remote> {
    const { socket, name, greeting } = await openConnection(url);
    const remote = new Remote(socket, name);
    for (const request of greeting) await remote.call(...request);
    return remote;
  }

  /** @throws RemoteError with the text of an error reply */
  call(...args: readonly string[]): Promise<Reply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(requestBytes(args.map((arg) => Buffer.from(arg))));
    });
  }

  /** Nothing can be asked any more. */
  get isClosed(): boolean {
    return this.#failure !== undefined;
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: RemoteError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#socket.destroy();
  }
}

/** A socket that is connected, and what must be sent before anything else. */
export interface Connection {
  readonly socket: Socket;
  /** Host and port, for messages. */
  readonly name: string;
  /** AUTH and SELECT, where the address asks for them. */
  readonly greeting: readonly (readonly string[])[];
}

/** @param url `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. @throws RemoteError */
export async function openConnection(url: string): Promise<Connection> {
  const { protocol, hostname, port, username, password, pathname } = parsed(url);
  const address = {
    host: hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: port === "" ? PORT : Number(port),
  };
  const name = `${address.host}:${address.port}`;
  const socket =
    protocol === "rediss:" ? connectTls({ ...address, servername: address.host }) : connect(address);
  await opened(socket, protocol === "rediss:" ? "secureConnect" : "connect", name);
  const secret = decodeURIComponent(password);
  const user = username === "" ? [] : [decodeURIComponent(username)];
  const database = pathname.replace(/^\//, "");
  return {
    socket,
    name,
    greeting: [
      ...(secret === "" ? [] : [["AUTH", ...user, secret]]),
      ...(database === "" || database === "0" ? [] : [["SELECT", database]]),
    ],
  };
}

/** A request as it is sent: a list of strings. */
export function requestBytes(args: readonly Buffer[]): Buffer {
  const parts = args.flatMap((arg) => [Buffer.from(`$${arg.length}\r\n`), arg, LINE_END]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

const LINE_END = Buffer.from("\r\n");

function parsed(url: string): URL {
  const found = URL.canParse(url) ? new URL(url) : undefined;
  if (found !== undefined && (found.protocol === "redis:" || found.protocol === "rediss:")) return found;
  throw new RemoteError(
    `'${url}' is not an address of a server: write redis://127.0.0.1:6379, or rediss:// for TLS`,
  );
}

function opened(socket: Socket, event: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new RemoteError(`cannot connect to ${name}: ${why}`));
    };
    const onError = (error: Error) => fail(error.message);
    socket.setTimeout(CONNECT_MS, () => fail("it does not answer"));
    socket.once("error", onError);
    socket.once(event, () => {
      socket.setTimeout(0);
      socket.off("error", onError);
      resolve();
    });
  });
}

function textsOf(reply: unknown): Reply {
  if (Buffer.isBuffer(reply)) return reply.toString("utf8");
  if (Array.isArray(reply)) return reply.map(textsOf);
  return typeof reply === "number" ? reply : null;
}

/** The text of a reply. @throws RemoteError for another kind */
export function textOf(reply: Reply | undefined): string {
  if (typeof reply === "string" || typeof reply === "number") return String(reply);
  throw new RemoteError(`a string was expected, the server answered ${JSON.stringify(reply)}`);
}

/** The items of a reply; none for null. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : [];
}

/** A reply that is a map, by its keys. */
export function mapOf(reply: Reply | undefined): ReadonlyMap<string, Reply> {
  const items = listOf(reply);
  const map = new Map<string, Reply>();
  for (let at = 0; at + 1 < items.length; at += 2) map.set(textOf(items[at]), items[at + 1] ?? null);
  return map;
}
