/** An address of `http-bind` that cannot be listened on; the message is for the operator. Apart, as it loads nothing. */
export class HttpListenError extends Error {
  override readonly name = "HttpListenError";
}
