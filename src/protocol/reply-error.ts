/**
 * A refusal that is the client's to read. Thrown by commands, caught in one place (the executor), which rolls
 * the command back and answers `-<message>`.
 */
export class ReplyError extends Error {
  override readonly name = "ReplyError";

  /** `message` begins with the error code in capitals ("ERR", "WRONGTYPE", …), without the leading "-". */
  constructor(message: string) {
    super(message);
  }

  /** The first word: what error statistics count. */
  get code(): string {
    const end = this.message.indexOf(" ");
    return end < 0 ? this.message : this.message.slice(0, end);
  }

  /** What follows the first word. */
  get text(): string {
    return this.message.slice(this.code.length + 1);
  }
}
