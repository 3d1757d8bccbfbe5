/**
 * A proxy between clients and PostgreSQL, for tests of what a broken connection leaves behind: it hands on one message of the
 * protocol at a time, and a test says of each what is to become of it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A message on its way: by whom, of which connection, the letter of its type, how many came before on its connection. */
export interface Passing {
  readonly from: "client" | "server";
  /** The application_name of the connection. */
  readonly name: string;
  /** Empty for the first message of a client, which has no type. */
  readonly type: string;
  readonly index: number;
}

/** Hands a message on, holds it and all behind it on its connection up, or breaks the connection before it gets there. */
export type Fate = "pass" | "hold" | "cut";

const PORT = 5432;

export class PostgresProxy {
  /** The address of what is behind the proxy, by way of it. */
  readonly url: string;
  fate: (message: Passing) => Fate = () => "pass";
  readonly #links = new Set<Link>();

  private constructor(url: string) {
    this.url = url;
  }

  /** @param url the address of a server by its directory */
  static async start(url: string): Promise<PostgresProxy> {
    const directory = mkdtempSync(join(tmpdir(), "detent-proxy-"));
    const host = new URL(url.replace("@/", "@localhost/")).searchParams.get("host") ?? "";
    const server = createServer();
    const proxy = new PostgresProxy(url.replace(encodeURIComponent(host), encodeURIComponent(directory)));
    server.on("connection", (client) => {
      const link = new Link(client, connect(join(host, `.s.PGSQL.${PORT}`)), (message) =>
        proxy.fate(message),
      );
      proxy.#links.add(link);
      link.onEnd = () => proxy.#links.delete(link);
    });
    await new Promise<void>((resolve) => server.listen(join(directory, `.s.PGSQL.${PORT}`), resolve));
    onTestFinished(() => {
      proxy.cutAll();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    });
    return proxy;
  }

  /** Lets what is held go on; its fate is asked for anew. */
  release(): void {
    for (const link of this.#links) link.goOn();
  }

  cutAll(): void {
    for (const link of this.#links) link.cut();
  }

  /** How many messages are held. */
  get heldCount(): number {
    return [...this.#links].filter((link) => link.isHeld).length;
  }
}

class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fate: (message: Passing) => Fate;
  readonly #received = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  #name = "";
  #index = 0;
  #isHeld = false;
  #isCut = false;
  onEnd: () => void = () => undefined;

  constructor(client: Socket, server: Socket, fate: (message: Passing) => Fate) {
    this.#client = client;
    this.#server = server;
    this.#fate = fate;
    for (const [from, socket] of [["client", client] as const, ["server", server] as const]) {
      socket.on("data", (chunk) => {
        this.#received[from] = Buffer.concat([this.#received[from], chunk]);
        this.#pass();
      });
      socket.on("error", () => this.cut());
      socket.on("close", () => this.cut());
    }
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  goOn(): void {
    this.#isHeld = false;
    this.#pass();
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#client.destroy();
    this.#server.destroy();
    this.onEnd();
  }

  #pass(): void {
    for (const from of ["client", "server"] as const) {
      for (let message = this.#next(from); message !== undefined; message = this.#next(from))
        this.#passOne(from, message);
    }
  }

  #passOne(from: "client" | "server", message: Buffer): void {
    const isFirst = from === "client" && this.#name === "";
    if (isFirst) this.#name = nameIn(message);
    const type = isFirst ? "" : String.fromCharCode(message[0] ?? 0);
    const fate = this.#fate({ from, name: this.#name, type, index: this.#index });
    this.#isHeld = fate === "hold";
    if (fate === "cut") this.cut();
    if (fate !== "pass") return;
    this.#index += 1;
    this.#received[from] = this.#received[from].subarray(message.length);
    (from === "client" ? this.#server : this.#client).write(message);
  }

  /** The next message that is there whole. The first one of a client has no letter before its length. */
  #next(from: "client" | "server"): Buffer | undefined {
    if (this.#isHeld || this.#isCut) return undefined;
    const received = this.#received[from];
    const at = from === "client" && this.#name === "" ? 0 : 1;
    if (received.length < at + 4) return undefined;
    const end = at + received.readInt32BE(at);
    return received.length < end ? undefined : received.subarray(0, end);
  }
}

function nameIn(startup: Buffer): string {
  const words = startup.subarray(8).toString("latin1").split("\0");
  const index = words.indexOf("application_name");
  return index === -1 ? "?" : (words[index + 1] ?? "?");
}
