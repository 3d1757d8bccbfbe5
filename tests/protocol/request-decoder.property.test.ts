import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestDecoder } from "../../src/protocol/request-decoder.ts";
import { decode, drain } from "../support/decode.ts";

const argument = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const request = fc.array(argument, { minLength: 1, maxLength: 6 });

function encode(args: readonly Buffer[]): Buffer {
  const parts = args.flatMap((arg) => [Buffer.from(`$${arg.length}\r\n`), arg, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

/** Pieces of the protocol, in any order: far more often near a valid stream than random bytes are. */
const fragment = fc.oneof(
  fc.constantFrom(
    "*",
    "$",
    "\r",
    "\n",
    "\r\n",
    "*1\r\n",
    "*2\r\n$1\r\n",
    "$0\r\n",
    "*-1\r\n",
    "-",
    '"',
    "'",
    "\\x4",
    " ",
  ),
  fc.constantFrom("POST", "host:", "PING", "*1\r\n$4\r\nPING\r\n", "0", "1", "9".repeat(20), "\0", "\xff"),
  fc.nat(70_000).map((n) => `$${n}\r\n`),
  fc.string({ unit: "binary-ascii", maxLength: 5 }),
);

const stream = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc.array(fragment, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(""), "latin1")),
  // Valid requests with a few bytes changed, cut off somewhere.
  fc
    .tuple(
      fc.array(request, { maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      fc.nat(),
    )
    .map(([requests, changes, cut]) => {
      const bytes = Buffer.concat(requests.map(encode));
      for (const [at, byte] of changes) bytes[at % (bytes.length || 1)] = byte;
      return bytes.subarray(0, cut % (bytes.length + 1));
    }),
);

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, i) => Buffer.from(bytes.subarray(places[i], end)));
}

describe("RequestDecoder, any bytes", () => {
  it("next() returns what was encoded, however it is cut", () => {
    const isCommand = (args: readonly Buffer[]) => !/^(post|host:)$/i.test(args[0]?.toString("latin1") ?? "");
    fc.assert(
      fc.property(
        fc.array(request.filter(isCommand), { maxLength: 8 }),
        fc.array(fc.nat()),
        (requests, cuts) => {
          const chunks = split(Buffer.concat(requests.map(encode)), cuts);
          expect(decode(chunks)).toEqual({
            requests: requests.map((args) => args.map((arg) => arg.toString("latin1"))),
          });
        },
      ),
    );
  });

  it("next() decodes any stream alike, however it is cut", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (bytes, cuts) => {
        const whole = decode([bytes]);
        expect(decode(split(bytes, cuts))).toEqual(whole);
        expect(decode(split(bytes, Array.from(bytes.keys())))).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it("bufferedBytes never exceeds what arrived plus the overhead of arguments, and is zero after an error", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (bytes, cuts) => {
        const decoder = new RequestDecoder();
        let arrived = 0;
        for (const chunk of split(bytes, cuts)) {
          arrived += chunk.length;
          drain(decoder, [chunk]);
          // An argument is at least `$0\r\n` and two bytes.
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(arrived + (arrived / 6) * 96);
          if (decoder.hasFailed) expect(decoder.bufferedBytes).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("next() emits nothing once it has failed", () => {
    fc.assert(
      fc.property(stream, stream, (bytes, more) => {
        const decoder = new RequestDecoder();
        drain(decoder, [bytes]);
        fc.pre(decoder.hasFailed);
        expect(drain(decoder, [more, Buffer.from("PING\r\n")])).toEqual({ requests: [] });
      }),
    );
  });
});
