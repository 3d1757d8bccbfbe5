/** CLIENT LIST [TYPE type] [ID client-id [client-id …]]: describes the open connections. */

import type { Session } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { clientLine } from "./client-lines.ts";
import { clientType, typeOf } from "./client-types.ts";

export const clientList = {
  name: "CLIENT|LIST",
  run: (call) => {
    const text = chosen(call)
      .map((session) =>
        clientLine(session, call.server, call.nowMs, session === call.session ? call.args : []),
      )
      .join("");
    return { kind: "verbatim", format: "txt", text };
  },
} as const satisfies Handler;

function chosen({ args, server: { sessions } }: Call): readonly Session[] {
  if (args.length === 2) return [...sessions.all()];
  const option = token(args[2]);
  if (option === "TYPE" && args.length === 4) {
    const type = clientType(argument(args, 3));
    return [...sessions.all()].filter((session) => typeOf(session) === type);
  }
  if (option !== "ID" || args.length < 4) throw errors.syntaxError();
  const ids = args.slice(3).map(parseInteger);
  if (ids.includes(undefined)) throw errors.invalidClientId();
  return ids.flatMap((id) => sessions.byId(Number(id)) ?? []);
}
