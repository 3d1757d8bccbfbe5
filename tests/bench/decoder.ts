import Parser from "redis-parser";
import { RequestDecoder } from "../../src/protocol/request-decoder.ts";

/**
 * Requests decoded per second on one core, beside redis-parser on the same bytes in the same run.
 *
 * Goal: 3.5 million commands of three short arguments a second. Reached with 4.1, which is 0.84 of redis-parser's 4.9 in
 * the same run (Node 20, one core of a loaded machine); PING 0.7 to 0.8, twenty arguments 0.83, 4 KB values 0.5. The
 * difference buys limits, checks, and arguments of unfinished requests that pin no chunk.
 * Not measured: sockets, what is done with a request, the cost of collecting the garbage of long-lived arguments.
 *
 * `npx tsx tests/bench/decoder.ts` prints medians; absolute figures depend on the machine and on what else it does;
 * the ratio does so much less. Rates are per second of processor time, garbage collection included.
 */
export type DecoderFigures = { readonly name: string; readonly ours: number; readonly redisParser: number };

/** Million commands per second for each shape of request; `rounds` runs of `commandCount` commands each. */
export function measureDecoder(rounds: number, commandCount: number): DecoderFigures[] {
  return Object.entries(SHAPES).map(([name, request]) => {
    const chunks = cut(repeat(request, commandCount), CHUNK_BYTES);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(rate(commandCount, () => runDecoder(chunks)));
      theirs.push(rate(commandCount, () => runRedisParser(chunks)));
    }
    return { name, ours: median(ours), redisParser: median(theirs) };
  });
}

const CHUNK_BYTES = 64 * 1024;

const SHAPES = {
  "SET key:000042 value-17": ["SET", "key:000042", "value-17"],
  PING: ["PING"],
  "MSET of 20 arguments": ["MSET", ...Array.from({ length: 20 }, (_, i) => `argument:${i}`)],
  "SET of 4 KB": ["SET", "key:000042", "x".repeat(4096)],
};

function repeat(args: readonly string[], count: number): Buffer {
  const request = `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")}`;
  return Buffer.from(request.repeat(count));
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)));
  return chunks;
}

function runDecoder(chunks: readonly Buffer[]): number {
  const decoder = new RequestDecoder();
  let count = 0;
  for (const chunk of chunks) {
    decoder.push(chunk);
    while (decoder.next() !== undefined) count += 1;
  }
  return count;
}

function runRedisParser(chunks: readonly Buffer[]): number {
  let count = 0;
  const parser = new Parser({
    returnBuffers: true,
    returnReply: () => {
      count += 1;
    },
    returnError: (error) => {
      throw error;
    },
  });
  for (const chunk of chunks) parser.execute(chunk);
  return count;
}

function rate(commandCount: number, run: () => number): number {
  const start = process.cpuUsage();
  const count = run();
  const { user, system } = process.cpuUsage(start);
  if (count !== commandCount) throw new Error(`decoded ${count} of ${commandCount} commands`);
  return commandCount / (user + system);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

if (process.argv[1]?.endsWith("bench/decoder.ts")) {
  for (const { name, ours, redisParser } of measureDecoder(15, 50_000)) {
    const ratio = (ours / redisParser).toFixed(2);
    console.log(
      `${name.padEnd(26)} ${ours.toFixed(2)} M/s, redis-parser ${redisParser.toFixed(2)} M/s, ratio ${ratio}`,
    );
  }
}
