/** Asks a server on this host whether it answers. */
import { connect, type NetConnectOpts } from "node:net";

export interface ProbeTarget {
  /** Addresses as the directive `bind` has them. */
  readonly hosts: readonly string[];
  /** 0 when there is none. */
  readonly port: number;
  /** Empty when there is none. */
  readonly unixSocket: string;
}

/** True when the server answers PING in time with anything at all: a refusal comes from a server that lives. */
export function answers(target: ProbeTarget, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(optionsOf(target));
    const end = (isAlive: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isAlive);
    };
    const timer = setTimeout(() => end(false), waitMs);
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (reply: Buffer) => end(/^[+-]/.test(reply.toString("latin1"))));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

function optionsOf({ hosts, port, unixSocket }: ProbeTarget): NetConnectOpts {
  if (port === 0) return { path: unixSocket };
  const host = (hosts[0] ?? "*").replace(/^-/, "");
  const isAny = host === "*" || host === "0.0.0.0" || host === "::";
  return { port, host: isAny ? (host === "::" ? "::1" : "127.0.0.1") : host };
}
