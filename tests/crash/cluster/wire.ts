/** A way between a member and the database that can be cut: then nothing passes either way, and neither end notices. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class Wire {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @param path the socket that the database listens on */
  static async to(path: string): Promise<Wire> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the port has a number");
    const wire = new Wire(server, address.port);
    server.on("connection", (socket) => wire.#join(socket, connect({ path })));
    return wire;
  }

  cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** New connections pass; those of before are of no use any more. */
  heal(): void {
    this.#isCut = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  close(): void {
    this.heal();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const pass = (from: Socket, to: Socket) => {
      from.on("data", (chunk: Buffer) => {
        // What had been read already when the way was cut is lost.
        if (!this.#isCut) to.write(chunk);
      });
      from.on("error", () => from.destroy());
      from.on("close", () => {
        if (!this.#isCut) to.destroy();
        this.#pairs.delete(pair);
      });
    };
    pass(near, far);
    pass(far, near);
    if (this.#isCut) for (const socket of pair) socket.pause();
  }
}
