/** Connections of tests that look at the bytes themselves, whatever they are replies to. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { encodeRequest } from "./client.ts";
import { decodeReply } from "./resp-decoder.ts";

/** A connection that keeps every byte it receives. */
export class ByteConnection {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Connects to a port, or to the path of a socket. */
  static async open(target: number | string): Promise<ByteConnection> {
    const socket =
      typeof target === "string"
        ? connect({ path: target })
        : connect({ port: target, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new ByteConnection(socket);
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The bytes received so far, which are then forgotten. */
  take(): string {
    const taken = this.#bytes.toString("latin1");
    this.#bytes = Buffer.alloc(0);
    return taken;
  }

  /** Resolves when `count` replies are there, or the connection is closed. */
  async replies(count: number): Promise<void> {
    while (!this.isClosed && countReplies(this.#bytes) < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Writes nothing further, and goes on reading. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

export function countReplies(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const parsed = decodeReply(bytes, at);
    if (parsed === undefined) break;
    at = parsed.end;
    count += 1;
  }
  return count;
}

/**
 * Waits until what was written before has been read and answered, and the answer received, by rounds on a connection of
 * their own. One round is for a server that has yet to accept a connection, one for it to answer, and one because it may
 * answer the fence first; then the socket of the answer may stand behind the fence's in this process' own poll.
 */
export async function settle(fence: ByteConnection): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    fence.write(encodeRequest(["PING"]));
    await fence.replies(1);
    fence.take();
    await new Promise(setImmediate);
  }
}
