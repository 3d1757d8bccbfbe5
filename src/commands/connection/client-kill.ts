/**
 * CLIENT KILL ip:port, or CLIENT KILL filter value [filter value …]: closes connections. All filters have to hold. A
 * connection that kills itself still gets the reply.
 */

import type { Session } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { OK, type Reply } from "../../protocol/reply.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { clientType, typeOf } from "./client-types.ts";

export const clientKill = {
  name: "CLIENT|KILL",
  run: (call) => (call.args.length === 3 ? killAddress(call) : killFiltered(call)),
} as const satisfies Handler;

function killAddress(call: Call): Reply {
  const address = argument(call.args, 2).toString("latin1");
  const { sessions } = call.server;
  const session = [...sessions.all()].find((one) => one.address === address);
  if (session === undefined) throw errors.noSuchClient();
  sessions.end(session, call.session);
  return OK;
}

type Filter = (session: Session) => boolean;

function killFiltered(call: Call): number {
  const { args, session: self, server } = call;
  const filters: Filter[] = [];
  let skipsSelf = true;
  for (let at = 2; at < args.length; at += 2) {
    const option = argument(args, at);
    const value = args[at + 1];
    if (value === undefined) throw errors.syntaxError();
    if (token(option) === "SKIPME") skipsSelf = readSkipMe(value);
    else filters.push(filterOf(call, token(option), value));
  }
  const killed = [...server.sessions.all()].filter(
    (session) => !(skipsSelf && session === self) && filters.every((filter) => filter(session)),
  );
  for (const session of killed) server.sessions.end(session, self);
  return killed.length;
}

function readSkipMe(value: Buffer): boolean {
  const answer = token(value);
  if (answer !== "YES" && answer !== "NO") throw errors.syntaxError();
  return answer === "YES";
}

function filterOf({ server }: Call, option: string, value: Buffer): Filter {
  const text = value.toString("latin1");
  switch (option) {
    case "ID": {
      const id = positive(value, errors.clientIdNotPositive);
      return (session) => session.id === id;
    }
    case "TYPE": {
      const type = clientType(value);
      return (session) => typeOf(session) === type;
    }
    case "ADDR":
      return (session) => session.address === text;
    case "LADDR":
      return (session) => session.localAddress === text;
    case "USER": {
      const user = server.users.find(text);
      if (user === undefined) throw errors.noSuchUser(value);
      return (session) => session.user === user;
    }
    default:
      throw errors.syntaxError();
  }
}

function positive(value: Buffer, error: () => Error): number {
  const number = parseInteger(value);
  if (number === undefined || number < 1n) throw error();
  return Number(number);
}
