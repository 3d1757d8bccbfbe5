/** Connections that misbehave as connections do. */
import type { Connection } from "../../src/client/connection.ts";

type Call = Connection["call"];

/** A connection, and all duplicates of it, whose calls go through `way`. */
export function led(connection: Connection, way: (call: Call) => Call): Connection {
  return {
    call: way((command, ...args) => connection.call(command, ...args)),
    duplicate: () => led(connection.duplicate(), way),
    disconnect: () => connection.disconnect(),
    on: (event, listener) => connection.on?.(event, listener),
  };
}

/** Tells of each command. */
export function watched(onCommand: (command: string) => void): (connection: Connection) => Connection {
  const way =
    (call: Call): Call =>
    (command, ...args) => {
      onCommand(command);
      return call(command, ...args);
    };
  return (connection) => led(connection, way);
}

/** Tells of each reply to a command. */
export function confirmed(command: string, onReply: () => void): (connection: Connection) => Connection {
  const way = (call: Call): Call => {
    return async (...request) => {
      const reply = await call(...request);
      if (request[0] === command) onReply();
      return reply;
    };
  };
  return (connection) => led(connection, way);
}

/**
 * Loses the first `count` replies of a command that hold anything. The connection is then taken up again and the
 * command sent anew, as ioredis does with what was not answered when the server went away.
 */
export function losingReplies(command: string, count = 1): (connection: Connection) => Connection {
  let left = count;
  const way = (call: Call): Call => {
    return async (...request) => {
      const reply = await call(...request);
      if (request[0] !== command || reply === null || left === 0) return reply;
      left -= 1;
      return call(...request);
    };
  };
  return (connection) => led(connection, way);
}

/** Duplicates of the connection never answer: their server is gone. They end when they are disconnected. */
export function withoutServer(connection: Connection): Connection {
  return {
    call: (command, ...args) => connection.call(command, ...args),
    duplicate: () => {
      let reject = (_error: Error): void => undefined;
      const promise = new Promise<never>((_resolve, refuse) => {
        reject = refuse;
      });
      promise.catch(() => undefined);
      return {
        call: () => promise,
        duplicate: () => withoutServer(connection),
        disconnect: () => reject(new Error("Connection is closed.")),
      };
    },
    disconnect: () => connection.disconnect(),
  };
}
