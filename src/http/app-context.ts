/** A request on its way through a route, and the session it has. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Context } from "hono";
import { addressText } from "../config/bind-address.ts";
import { type Access, openSession } from "./access.ts";
import type { HttpSession, Peer } from "./http-session.ts";

export type Env = { Bindings: { readonly incoming: IncomingMessage } };
export type HttpContext = Context<Env>;

/** Runs what needs a session, and ends the session behind it, or when the client goes. */
export async function withSession<T>(
  context: HttpContext,
  access: Access,
  use: (session: HttpSession) => Promise<T>,
): Promise<T> {
  const session = await openSession(access, context.req.raw, peerOf(context));
  const end = () => session.close();
  context.req.raw.signal.addEventListener("abort", end);
  try {
    return await use(session);
  } finally {
    context.req.raw.signal.removeEventListener("abort", end);
    session.close();
  }
}

/** The common names of the certificates that clients have shown. */
const commonNames = new WeakMap<object, string>();

/** A client has shown a certificate with that name. */
export function noteCertificate(socket: Duplex, commonName: string): void {
  commonNames.set(socket, commonName);
}

/** Where a request comes from, which of our addresses it came to, and whose certificate was shown. */
export function peerOf({ env }: HttpContext): Peer {
  const { socket } = env.incoming;
  return {
    address: addressText(socket.remoteAddress ?? "", socket.remotePort ?? 0),
    localAddress: addressText(socket.localAddress ?? "", socket.localPort ?? 0),
    commonName: commonNames.get(socket),
  };
}
