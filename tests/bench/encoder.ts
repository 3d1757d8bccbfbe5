import { OK, type Reply } from "../../src/protocol/reply.ts";
import { ReplyWriter } from "../../src/protocol/reply-writer.ts";

/**
 * Replies encoded per second on one core, taken from the writer after every `PIPELINE_COUNT`, as for pipelining clients.
 *
 * Goal: millions of small replies a second. Not measured: sockets. `npx tsx tests/bench/encoder.ts` prints medians, in
 * replies per second of processor time.
 */
export type EncoderFigures = { readonly name: string; readonly millionsPerSecond: number };

/** Million replies per second for each kind of reply; `rounds` runs of `replyCount` replies each. */
export function measureEncoder(rounds: number, replyCount: number): EncoderFigures[] {
  return Object.entries(REPLIES).map(([name, reply]) => {
    const rates = Array.from({ length: rounds }, () => rate(reply, replyCount)).sort((a, b) => a - b);
    return { name, millionsPerSecond: rates[rates.length >> 1] ?? 0 };
  });
}

const PIPELINE_COUNT = 16;

const REPLIES: Readonly<Record<string, Reply>> = {
  OK,
  "integer 12345": 12_345,
  null: null,
  "bulk of 8 bytes": Buffer.from("value-17"),
  "text of 8 characters": "value-17",
  "bulk of 200 bytes": Buffer.alloc(200, "x"),
  "bulk of 64 KB": Buffer.alloc(64 * 1024, "x"),
  "array of 10 bulks": Array.from({ length: 10 }, (_, i) => Buffer.from(`value-${i}`)),
  error: { kind: "error", message: "WRONGTYPE Operation against a key holding the wrong kind of value" },
};

function rate(reply: Reply, replyCount: number): number {
  const writer = new ReplyWriter();
  const start = process.cpuUsage();
  for (let i = 1; i <= replyCount; i++) {
    writer.write(reply, 2);
    if (i % PIPELINE_COUNT === 0) writer.take();
  }
  const { user, system } = process.cpuUsage(start);
  return replyCount / (user + system);
}

if (process.argv[1]?.endsWith("bench/encoder.ts")) {
  for (const { name, millionsPerSecond } of measureEncoder(15, 100_000)) {
    console.log(`${name.padEnd(22)} ${millionsPerSecond.toFixed(2)} M/s`);
  }
}
