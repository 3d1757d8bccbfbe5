import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/protocol/protocol-error.ts";
import { DECODER_LIMITS, RequestDecoder } from "../../src/protocol/request-decoder.ts";
import { type Decoded, decode, drain, pieces } from "../support/decode.ts";
import { ROWS, told } from "./request-cases.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const BEFORE_AUTH = { ...DECODER_LIMITS, authenticated: false };

const CASES = ROWS.map(([text, requests, error]) => ({ text, requests, error }));
const SHORT = CASES.filter(({ text }) => text.length < 1000);
const LONG = CASES.filter(({ text }) => text.length >= 1000);

const expected = (requests: string[][], error?: string): Decoded =>
  error === undefined ? { requests } : { requests, error };

describe("RequestDecoder", () => {
  it.each(CASES)("next() decodes $text", ({ text, requests, error }) => {
    expect(decode([bytes(text)])).toEqual(expected(requests, error));
  });

  it.each(SHORT)("next() decodes $text alike wherever it is cut", ({ text, requests, error }) => {
    for (let at = 1; at < text.length; at++) {
      expect(decode([bytes(text.slice(0, at)), bytes(text.slice(at))])).toEqual(expected(requests, error));
    }
    expect(decode(pieces(bytes(text), 1))).toEqual(expected(requests, error));
  });

  it.each(LONG)("next() applies limits alike in small chunks", ({ text, requests, error }) => {
    for (const size of [1000, 16_384, 65_536, 65_537]) {
      expect(decode(pieces(bytes(text), size))).toEqual(expected(requests, error));
    }
  });

  it.each([
    ["*10\r\n", undefined],
    ["*11\r\n", "unauthenticated multibulk length"],
    ["*2147483648\r\n", "invalid multibulk length"],
    ["*1\r\n$16384\r\n", undefined],
    ["*1\r\n$16385\r\n", "unauthenticated bulk length"],
    ["*1\r\n$536870913\r\n", "invalid bulk length"],
    [`ECHO${" x".repeat(20)} ${"y".repeat(20_000)}`, undefined],
  ])("next() limits %j before authentication", (text, error) => {
    expect(decode([bytes(text)], BEFORE_AUTH)).toEqual(
      expected([], error === undefined ? undefined : told(error)),
    );
  });

  it("next() lifts the limits between two requests when the connection authenticates", () => {
    const decoder = new RequestDecoder(BEFORE_AUTH);
    decoder.push(bytes(`*1\r\n$4\r\nAUTH\r\n*11\r\n${"$1\r\nx\r\n".repeat(11)}`));
    expect(decoder.next()).toHaveLength(1);
    decoder.limits.authenticated = true;
    expect(decoder.next()).toHaveLength(11);
  });

  it("next() takes the limits given", () => {
    const limits = { bulkBytesMax: 3, multibulkCountMax: 2, inlineBytesMax: 8, authenticated: true };
    expect(decode([bytes("*2\r\n$3\r\nabc\r\n$0\r\n\r\n")], limits).requests).toEqual([["abc", ""]]);
    expect(decode([bytes("*3\r\n")], limits).error).toBe(told("invalid multibulk length"));
    expect(decode([bytes("*1\r\n$4\r\nPING\r\n")], limits).error).toBe(told("invalid bulk length"));
    expect(decode([bytes("ECHO abcd\n")], limits).error).toBe(told("too big inline request"));
  });

  it("next() decodes nothing more after an error", () => {
    const decoder = new RequestDecoder();
    expect(drain(decoder, [bytes("*x\r\nPING\r\n")]).error).toBe(told("invalid multibulk length"));
    expect(decoder.hasFailed).toBe(true);
    decoder.push(bytes("PING\r\n"));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(0);
  });

  it("next() returns requests of chunks that were pushed together", () => {
    const decoder = new RequestDecoder();
    for (const chunk of pieces(bytes("*1\r\n$4\r\nPING\r\nECHO hello\r\n*1\r\n$1\r\na\r\n"), 3))
      decoder.push(chunk);
    expect(decoder.bufferedBytes).toBe(37);
    expect(drain(decoder, [bytes("")]).requests).toEqual([["PING"], ["ECHO", "hello"], ["a"]]);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it("bufferedBytes counts what is held, and each argument's overhead", () => {
    const decoder = new RequestDecoder();
    drain(decoder, [bytes(`*1000\r\n${"$0\r\n\r\n".repeat(500)}`)]);
    expect(decoder.bufferedBytes).toBe(500 * 96);
    drain(decoder, [bytes("$5\r\nab"), bytes("c")]);
    expect(decoder.bufferedBytes).toBe(500 * 96 + 3);
  });

  it("next() does not let a small argument of an unfinished request pin its chunk", () => {
    const decoder = new RequestDecoder();
    const chunk = Buffer.concat([bytes(`*1\r\n$60000\r\n${"x".repeat(60_000)}\r\n*2\r\n$1\r\na\r\n`)]);
    drain(decoder, [chunk]);
    decoder.push(bytes("$1\r\nb\r\n"));
    const request = decoder.next();
    expect(request?.map(String)).toEqual(["a", "b"]);
    expect(request?.[0]?.buffer).not.toBe(chunk.buffer);
  });

  it("next() passes on a large argument without a copy", () => {
    const decoder = new RequestDecoder();
    const chunk = Buffer.concat([bytes(`*2\r\n$60000\r\n${"x".repeat(60_000)}\r\n`)]);
    drain(decoder, [chunk]);
    decoder.push(bytes("$1\r\nb\r\n"));
    expect(decoder.next()?.[0]?.buffer).toBe(chunk.buffer);
  });

  it("next() is linear in the bytes when a long argument comes in tiny chunks", () => {
    const length = 8 * 1024 * 1024;
    const decoder = new RequestDecoder();
    decoder.push(bytes(`*1\r\n$${length}\r\n`));
    const tiny = Buffer.alloc(64, "x");
    // A quadratic decoder would move a hundred gigabytes here and run into the time limit.
    for (let sent = 0; sent < length; sent += tiny.length) {
      decoder.push(tiny);
      expect(decoder.next() === undefined).toBe(true);
    }
    decoder.push(bytes("\r\n"));
    expect(decoder.next()?.[0]?.length).toBe(length);
  });

  it("ProtocolError.reply is the error to send, or nothing", () => {
    expect(ProtocolError.told("invalid bulk length").reply).toEqual({
      kind: "error",
      message: "ERR Protocol error: invalid bulk length",
    });
    expect(ProtocolError.silent("post").reply).toEqual({ kind: "none" });
  });
});
