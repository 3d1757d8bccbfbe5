import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as errors from "../../src/protocol/errors.ts";
import type { Reply } from "../../src/protocol/reply.ts";
import { ReplyWriter } from "../../src/protocol/reply-writer.ts";
import { ROWS } from "../protocol/request-cases.ts";
import { decode } from "../support/decode.ts";
import { type RedisServer, redisServerMissing, startRedisServer } from "./redis-server.ts";

/**
 * The rows of the table with the error each ends in. Redis applies the limit of a line to what it has when it waits for
 * more, CR included, so around the limit its verdict depends on how the bytes were cut. Ours does not, and the rows in
 * which a line ends there are left out.
 */
const ENDS = ROWS.filter(([text]) => !/^x{65536,65537}[\r\n]/.test(text)).map(([text, _requests, error]) => ({
  text,
  error,
  start: JSON.stringify(text.slice(0, 40)),
}));

/**
 * The decoder beside redis-server. Streams are made of pieces that form no command Redis knows, so that each request
 * in them is answered with an error that repeats its arguments: the replies show what Redis has decoded.
 *
 * Left out are NUL bytes in lines, at which Redis stops reading for good, and POST, after which it drops replies that
 * it has not sent yet.
 */
describe.skipIf(redisServerMissing !== undefined)(
  `requests, ${redisServerMissing ?? "beside redis-server"}`,
  () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedisServer();
    });
    afterAll(() => redis.close());

    it.each(ENDS)("redis-server ends $start as the table says", async ({ text, error }) => {
      const reply = await replyTo(redis, Buffer.from(text, "latin1"));
      if (error?.startsWith("Protocol error")) {
        expect(reply.endsWith(`-ERR ${error.replace(/[\r\n]/g, " ")}\r\n`)).toBe(true);
      } else {
        expect(reply).not.toContain("Protocol error");
      }
    });

    it("next() decodes what redis-server decodes", async () => {
      const lineEnd = fc.constantFrom("\r\n", "\r\n", "\n");
      const inline = fc
        .tuple(
          fc.array(fc.constantFrom("x", "yz", " ", "\t", "'", '"', "\\", "\\x41", "\\n", "\v", "\xff"), {
            maxLength: 9,
          }),
          lineEnd,
        )
        .map(([parts, end]) => parts.join("") + end);
      const bulk = fc
        .string({ unit: fc.constantFrom("x", "\r", "\n", "*", "$", "\xe9", " "), maxLength: 12 })
        .map((text) => `$${text.length}\r\n${text}\r\n`);
      const multibulk = fc
        .array(bulk, { minLength: 1, maxLength: 4 })
        .map((bulks) => `*${bulks.length}\r\n${bulks.join("")}`);
      const odd = fc.constantFrom(
        "*0\r\n",
        "*-1\r\n",
        "*1\r\n",
        "*2\r\n",
        "$1\r\n",
        "*x\r\n",
        "*1\rz",
        "\r",
        "*01\r\n",
        "$-1\r\n",
        "*99999999999\r\n",
      );
      const stream = fc
        .array(fc.oneof({ weight: 4, arbitrary: multibulk }, { weight: 4, arbitrary: inline }, odd), {
          maxLength: 8,
        })
        .map((parts) => parts.join(""));
      await fc.assert(
        fc.asyncProperty(stream, async (text) => {
          const bytes = Buffer.from(text, "latin1");
          expect(await replyTo(redis, bytes)).toBe(expectedReply(bytes));
        }),
        { numRuns: 500 },
      );
    });
  },
);

/** What the server says until it closes the connection, which it does at our end of file at the latest. */
async function replyTo(redis: RedisServer, bytes: Buffer): Promise<string> {
  const socket = connect({ path: redis.socketPath });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // The server may close while we are still writing.
  socket.on("error", () => socket.destroy());
  socket.end(bytes);
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

function expectedReply(bytes: Buffer): string {
  const { requests, error } = decode([bytes]);
  const writer = new ReplyWriter();
  const write = (message: string) => writer.write({ kind: "error", message } satisfies Reply, 2);
  for (const args of requests) {
    const [name = Buffer.alloc(0), ...rest] = args.map((arg) => Buffer.from(arg, "latin1"));
    write(errors.unknownCommand(name, rest).message);
  }
  if (error !== undefined) write(`ERR ${error}`);
  return Buffer.concat(writer.take()).toString("latin1");
}
