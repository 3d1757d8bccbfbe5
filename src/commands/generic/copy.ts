/** COPY source destination [DB index] [REPLACE]: copies what a key holds, with its expiry; 1 if it did. */
import { bytesOf } from "../../base/bytes.ts";
import { takeDefinitionAlong } from "../../machines/definition-copy.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, token } from "../arguments.ts";
import { databaseIndex } from "../database-index.ts";
import type { Call, Handler } from "../handler.ts";
import { look } from "../values.ts";
import { assertMayDeliver } from "./arriving-machine.ts";

export const copy = {
  name: "COPY",
  run: (call) => {
    const { index, replaces } = parseOptions(call);
    const [from, to] = [bytesOf(argument(call.args, 1)), bytesOf(argument(call.args, 2))];
    if (from === to && index === call.session.database) throw errors.sameObject();
    const record = look(call, argument(call.args, 1));
    const target = call.databases.at(index);
    if (record === undefined || (!replaces && target.find(to) !== undefined)) return 0;
    assertMayDeliver(call, from, record, to);
    takeDefinitionAlong(call.db, record, target);
    call.db.copyTo(target, record, to);
    return 1;
  },
} as const satisfies Handler;

function parseOptions({ args, databases, server, session }: Call) {
  let index = session.database;
  let replaces = false;
  for (let i = 3; i < args.length; i += 1) {
    const word = token(args[i]);
    if (word === "REPLACE") replaces = true;
    else if (word === "DB" && i + 1 < args.length) {
      i += 1;
      index = databaseIndex(argument(args, i), databases);
    } else throw errors.syntaxError();
  }
  if (server.cluster !== undefined && index !== 0) throw errors.copyInClusterMode();
  return { index, replaces };
}
