/** Plays a golden case on a server of its own and returns the bytes it received. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { encodeRequest } from "../support/client.ts";
import { decodeReply } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import type { GoldenCase, Step } from "./golden-cases.ts";

export interface Played {
  /** Bytes that came on connection 1 after the measured command, as latin-1. */
  readonly reply: string;
  /** Bytes that came on connection 2 meanwhile; empty when the case has none. */
  readonly pushed: string;
  readonly isClosed: boolean;
}

/** A connection that keeps every byte it receives. */
class ByteConnection {
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

  static async open(port: number): Promise<ByteConnection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
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

  close(): void {
    this.#socket.destroy();
  }
}

function countReplies(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const parsed = decodeReply(bytes, at);
    if (parsed === undefined) break;
    at = parsed.end;
    count += 1;
  }
  return count;
}

const bytesOfLatin1 = (text: string | number) => Buffer.from(String(text), "latin1");
const request = (args: Step) => encodeRequest(args.map(bytesOfLatin1));

export async function play(golden: GoldenCase, protocol: 2 | 3): Promise<Played> {
  const clock = new VirtualClock();
  const server = await startTestServer({
    clock,
    config: { "sm-compat": "module", "enable-debug-command": "yes" },
  });
  const opened: ByteConnection[] = [];
  const open = async (): Promise<ByteConnection> => {
    const connection = await ByteConnection.open(server.port);
    opened.push(connection);
    if (protocol === 3) {
      connection.write(request(["HELLO", "3"]));
      await connection.replies(1);
      connection.take();
    }
    return connection;
  };
  /** Two rounds on a connection of their own: what was written before has been read and answered by then. */
  const settle = async (): Promise<void> => {
    const fence = await ByteConnection.open(server.port);
    opened.push(fence);
    for (let round = 0; round < 2; round += 1) {
      fence.write(request(["PING"]));
      await fence.replies(1);
      fence.take();
    }
  };
  try {
    const first = await open();
    const second = golden.setup?.some(([head]) => head === "@2" || head === "@3") ? await open() : undefined;
    for (const step of golden.setup ?? []) {
      const [head, ...rest] = step;
      if (head === "@sleep") {
        clock.advance(Number(rest[0]));
        continue;
      }
      const onSecond = head === "@2" ? second : undefined;
      const connection = onSecond ?? first;
      connection.write(request(onSecond === undefined ? step : rest));
      await connection.replies(1);
      connection.take();
    }
    first.write(golden.raw === undefined ? request(golden.cmd ?? []) : bytesOfLatin1(golden.raw));
    await first.replies(countReplies(bytesOfLatin1(protocol === 2 ? golden.resp2 : golden.resp3)));
    await settle();
    return { reply: first.take(), pushed: second?.take() ?? "", isClosed: first.isClosed };
  } finally {
    for (const connection of opened) connection.close();
    await server.close();
  }
}
