import { describe, expect, it } from "vitest";
import { measureDecoder } from "./decoder.ts";
import { measureEncoder } from "./encoder.ts";

// Small inputs: benchmarks that are run in every test do not rot. Their figures mean nothing here.
describe("benchmarks of the protocol", () => {
  it("measureDecoder() measures every shape of request", () => {
    expect(measureDecoder(1, 50).every(({ ours, redisParser }) => ours > 0 && redisParser > 0)).toBe(true);
  });

  it("measureEncoder() measures every kind of reply", () => {
    expect(measureEncoder(1, 50).every(({ millionsPerSecond }) => millionsPerSecond > 0)).toBe(true);
  });
});
