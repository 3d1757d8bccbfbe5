/** redis-parser 3 brings no types of its own. */
declare module "redis-parser" {
  export type ParserOptions = {
    returnReply: (reply: unknown) => void;
    returnError: (error: Error) => void;
    /** Called when the bytes are no reply; without it they are reported as an error reply. */
    returnFatalError?: (error: Error) => void;
    /** Bulk and simple strings as Buffer. */
    returnBuffers?: boolean;
    /** Integers as strings, which keeps all 64 bits. */
    stringNumbers?: boolean;
  };

  export default class Parser {
    constructor(options: ParserOptions);
    execute(bytes: Buffer): void;
  }
}
