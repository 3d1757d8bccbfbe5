/** Plays a golden case on a server of its own and returns the bytes it received. */
import { ByteConnection, countReplies, settle } from "../support/byte-connection.ts";
import { encodeRequest } from "../support/client.ts";
import { ReplyMatcher } from "../support/reply-matcher.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import type { GoldenCase, Step } from "./golden-cases.ts";

export interface Played {
  /** The reply to each step of the setup, empty for a wait. */
  readonly setup: readonly string[];
  /** Bytes that came on connection 1 after the measured command, as latin-1. */
  readonly reply: string;
  /** Bytes that came on connection 2 meanwhile; empty when the case has none. */
  readonly pushed: string;
  readonly isClosed: boolean;
}

const bytesOfLatin1 = (text: string | number) => Buffer.from(String(text), "latin1");
const request = (args: Step) => encodeRequest(args.map(bytesOfLatin1));

/** A connection whose replies are checked against commands.json. */
interface Checked {
  readonly connection: ByteConnection;
  readonly matcher: ReplyMatcher;
}

/** The reply as latin-1. */
async function ask({ connection, matcher }: Checked, args: Step): Promise<string> {
  matcher.sent(args.map(bytesOfLatin1));
  connection.write(request(args));
  await connection.replies(1);
  const reply = connection.take();
  matcher.received(bytesOfLatin1(reply));
  return reply;
}

export async function play(golden: GoldenCase, protocol: 2 | 3): Promise<Played> {
  const clock = new VirtualClock();
  const server = await startTestServer({
    clock,
    config: { "sm-compat": "module", "enable-debug-command": "yes" },
  });
  const opened: ByteConnection[] = [];
  const open = async (): Promise<Checked> => {
    const connection = await ByteConnection.open(server.port);
    opened.push(connection);
    const checked = { connection, matcher: new ReplyMatcher() };
    if (protocol === 3) await ask(checked, ["HELLO", "3"]);
    return checked;
  };
  try {
    const first = await open();
    const second = golden.setup?.some(([head]) => head === "@2" || head === "@3") ? await open() : undefined;
    const setup: string[] = [];
    for (const step of golden.setup ?? []) {
      const [head, ...rest] = step;
      const onSecond = head === "@2" ? second : undefined;
      if (head === "@sleep") {
        clock.advance(Number(rest[0]));
        setup.push("");
      } else setup.push(await (onSecond === undefined ? ask(first, step) : ask(onSecond, rest)));
    }
    const { connection, matcher } = first;
    if (golden.raw === undefined) matcher.sent((golden.cmd ?? []).map(bytesOfLatin1));
    connection.write(golden.raw === undefined ? request(golden.cmd ?? []) : bytesOfLatin1(golden.raw));
    await connection.replies(countReplies(bytesOfLatin1(protocol === 2 ? golden.resp2 : golden.resp3)));
    const fence = await ByteConnection.open(server.port);
    opened.push(fence);
    await settle(fence);
    const reply = connection.take();
    if (golden.raw === undefined) matcher.received(bytesOfLatin1(reply));
    return { setup, reply, pushed: second?.connection.take() ?? "", isClosed: connection.isClosed };
  } finally {
    for (const connection of opened) connection.close();
    await server.close();
  }
}
