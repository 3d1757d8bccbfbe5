import { ProtocolError } from "../../src/protocol/protocol-error.ts";
import { type DecoderLimits, RequestDecoder } from "../../src/protocol/request-decoder.ts";

/** What a stream of bytes decodes to: requests as Latin-1 texts, and the message of the error that ended it. */
export type Decoded = { readonly requests: string[][]; readonly error?: string };

/** Decodes chunks one after the other, taking every request as soon as it is there. */
export function decode(chunks: readonly Buffer[], limits?: Readonly<DecoderLimits>): Decoded {
  return drain(new RequestDecoder(limits), chunks);
}

/** As `decode`, with a decoder that may be looked at afterwards. */
export function drain(decoder: RequestDecoder, chunks: readonly Buffer[]): Decoded {
  const requests: string[][] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    try {
      for (let request = decoder.next(); request !== undefined; request = decoder.next()) {
        requests.push(request.map((arg) => arg.toString("latin1")));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { requests, error: error.message };
    }
  }
  return { requests };
}

/** Cuts bytes into pieces of `size`, each with memory of its own, as they come from a socket. */
export function pieces(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(Buffer.from(bytes.subarray(at, at + size)));
  return chunks;
}
