/**
 * SM.SEND key event [json] [ID id] [BY who] [REASON text] [SEQ source n] [IFSTATE s] [IFREV n]
 *   [DELAY ms|AT unix-ms] [EXPIRE ms] [DEF id] [FULL]
 */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { createFrom, definitionAt } from "../../machines/creation.ts";
import { replyOf } from "../../machines/outcome-reply.ts";
import { send } from "../../machines/send.ts";
import type { SendOptions } from "../../machines/send-options.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { parseSend } from "./send-arguments.ts";

export const smSend = {
  name: "SM.SEND",
  run: (call) => {
    const key = bytesOf(argument(call.args, 1));
    const options = parseSend(call.args, call.nowMs, call.server.config.get("sm-event-bytes-max"));
    const savepoint = call.databases.transaction.savepoint();
    const existing = subjectAt(call, key);
    const subject = existing ?? createFirst(call, key, options);
    const reply = send(call, subject, options);
    // A refused or conditional event changes nothing, so a machine that was made for it goes again.
    const changesNothing = reply === undefined || reply.kind === "error";
    if (changesNothing && existing === undefined) call.databases.rollback(savepoint);
    return reply === undefined ? null : replyOf(reply);
  },
} as const satisfies Handler;

function createFirst(call: Call, key: Bytes, options: SendOptions): Subject {
  if (options.definition === undefined) throw errors.noMachine(argument(call.args, 1));
  const definition = definitionAt(call.db, options.definition);
  return createFrom(call, key, { definition, by: options.by, expireAtMs: 0 });
}
