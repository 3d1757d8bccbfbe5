/** Plays a golden case on a server of its own and returns the bytes it received. */
import { ByteConnection, countReplies, settle } from "../support/byte-connection.ts";
import { encodeRequest } from "../support/client.ts";
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
    const fence = await ByteConnection.open(server.port);
    opened.push(fence);
    await settle(fence);
    return { reply: first.take(), pushed: second?.take() ?? "", isClosed: first.isClosed };
  } finally {
    for (const connection of opened) connection.close();
    await server.close();
  }
}
