/** HELLO [protover [AUTH username password] [SETNAME clientname]]: chooses the protocol; describes the server. */
import * as errors from "../../protocol/errors.ts";
import { map, type ProtocolVersion } from "../../protocol/reply.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import { ownRole } from "../cluster/topology.ts";
import type { Handler } from "../handler.ts";
import { moduleList } from "../server/module-list.ts";
import { REDIS_VERSION } from "../versions.ts";
import { authenticate } from "./authenticate.ts";
import { isPrintable } from "./client-name.ts";

export const hello = {
  name: "HELLO",
  run: (call) => {
    const { args, session, server } = call;
    const { protocol, login, clientName } = readArguments(args);
    if (login !== undefined) authenticate(call, login);
    if (!session.isAuthenticated && server.users.needsLogin) throw errors.helloNeedsAuth();
    if (clientName !== undefined) session.name = clientName;
    if (protocol !== undefined) session.protocol = protocol;
    return map([
      ["server", "redis"],
      ["version", REDIS_VERSION],
      ["proto", session.protocol],
      ["id", session.id],
      ["mode", server.cluster === undefined ? "standalone" : "cluster"],
      ["role", server.cluster === undefined ? "master" : ownRole(server.cluster)],
      ["modules", moduleList()],
    ]);
  },
} as const satisfies Handler;

interface HelloArguments {
  readonly protocol: ProtocolVersion | undefined;
  readonly login: { readonly user: Buffer; readonly password: Buffer } | undefined;
  readonly clientName: string | undefined;
}

function readArguments(args: readonly Buffer[]): HelloArguments {
  if (args.length === 1) return { protocol: undefined, login: undefined, clientName: undefined };
  const protocol = readProtocol(argument(args, 1));
  let login: HelloArguments["login"];
  let clientName: string | undefined;
  for (let at = 2; at < args.length; at += 1) {
    const option = argument(args, at);
    const [first, second] = [args[at + 1], args[at + 2]];
    if (token(option) === "AUTH" && first !== undefined && second !== undefined) {
      login = { user: first, password: second };
      at += 2;
    } else if (token(option) === "SETNAME" && first !== undefined) {
      if (!isPrintable(first)) throw errors.invalidClientName();
      clientName = first.toString("latin1");
      at += 1;
    } else throw errors.helloSyntax(option);
  }
  return { protocol, login, clientName };
}

function readProtocol(bytes: Buffer): ProtocolVersion {
  const version = parseInteger(bytes);
  if (version === undefined) throw errors.protocolNotAnInteger();
  if (version !== 2n && version !== 3n) throw errors.noProtocol();
  return version === 2n ? 2 : 3;
}
