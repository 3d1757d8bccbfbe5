import { NONE, type Reply } from "./reply.ts";

/**
 * Bytes that are not a request: the connection gets `reply` and is closed. It is thrown once per connection;
 * nothing that follows on the same connection is decoded.
 */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** What to send before closing: `-ERR Protocol error: …`, or nothing at all. */
  readonly reply: Reply;

  private constructor(message: string, reply: Reply) {
    super(message);
    this.reply = reply;
  }

  /** An error that the client gets; `detail` is Redis' text after "Protocol error: ". */
  static told(detail: string): ProtocolError {
    const message = `Protocol error: ${detail}`;
    return new ProtocolError(message, { kind: "error", message: `ERR ${message}` });
  }

  /**
   * An HTTP request in disguise, closed without a reply: a web page may make a browser post commands to a server
   * on the local network, and the answer is what an attacker would be after.
   */
  static silent(firstWord: string): ProtocolError {
    return new ProtocolError(`possible cross protocol scripting attack: ${firstWord}`, NONE);
  }
}
