/**
 * Sockets as they are accepted, and what is read from them. Node allocates 64 KB for each read of a socket, unless it is made
 * with `onread`, which reads into a buffer of ours. The sockets that its server makes are not, so that the connection
 * of one is handed on to a socket of our own, in the way that Node's cluster module does. One buffer serves all of them: what was
 * read is copied out of it before the next read begins.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { BytePool } from "../base/byte-pool.ts";

/** As much as Node reads at a time. */
const READ_BYTES_MAX = 64 * 1024;

/** Who takes what is read. The bytes do not change afterwards. */
export type TakesBytes = (bytes: Buffer) => void;

/** A socket that a client has connected to, or one that speaks TLS over it. */
export interface AcceptedSocket {
  readonly socket: Socket;
  /** To be called in the turn of the event loop in which it was accepted: reading begins then. */
  onBytes(takes: TakesBytes): void;
}

/** A socket that allocates for each read. */
export function ordinarySocket(socket: Socket): AcceptedSocket {
  return {
    socket,
    onBytes: (takes) => {
      socket.on("data", takes);
      // A server with `pauseOnConnect` has made it.
      socket.resume();
    },
  };
}

const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
const pool = new BytePool();

/**
 * Takes the connection over from a socket of a server with `pauseOnConnect`, from which nothing was read. Where Node has no
 * way to do that, the socket stays as it is.
 */
export function pooledSocket(accepted: Socket): AcceptedSocket {
  const handle: unknown = Reflect.get(accepted, "_handle");
  if (!readsIntoBuffers(handle)) return ordinarySocket(accepted);
  let takes: TakesBytes = () => undefined;
  const onread: OnReadOpts = {
    buffer: readBuffer,
    callback: (count) => {
      const bytes = pool.take(count);
      readBuffer.copy(bytes, 0, 0, count);
      takes(bytes);
      return true;
    },
  };
  Reflect.set(accepted, "_handle", null);
  // The server no longer counts it.
  accepted.destroy();
  const options: HandledSocketOptions = { handle, onread, allowHalfOpen: accepted.allowHalfOpen };
  const socket = new Socket(options);
  return {
    socket,
    onBytes: (given) => {
      takes = given;
    },
  };
}

/** `handle` is in none of Node's documents; its cluster module makes the sockets of a worker so. */
interface HandledSocketOptions extends SocketConstructorOpts {
  readonly handle: object;
  readonly onread: OnReadOpts;
}

function readsIntoBuffers(handle: unknown): handle is object {
  return typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
}
