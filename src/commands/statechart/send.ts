/**
 * SM.SEND key event [json] [ID id] [BY who] [REASON text] [SEQ source n] [IFSTATE s] [IFREV n]
 *   [DELAY ms|AT unix-ms] [EXPIRE ms] [DEF id] [FULL]
 */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { createFrom } from "../../machines/creation.ts";
import { definitionAt } from "../../machines/definitions.ts";
import { logRefusal } from "../../machines/failures.ts";
import { replyOf } from "../../machines/outcome-reply.ts";
import { send } from "../../machines/send.ts";
import type { SendOptions } from "../../machines/send-options.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { ReplyError } from "../../protocol/reply-error.ts";
import { argument } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { parseSend } from "./send-arguments.ts";

export const smSend = {
  name: "SM.SEND",
  run: (call) => {
    const key = bytesOf(argument(call.args, 1));
    const options = parseSend(call.args, call.nowMs, call.server.config.get("sm-event-bytes-max"));
    const savepoint = call.databases.transaction.savepoint();
    let existing: Subject | undefined;
    try {
      existing = subjectAt(call, key);
      const reply = send(call, existing ?? createFirst(call, key, options), options);
      if (reply?.kind !== "error" && reply !== undefined) return replyOf(reply);
      // A refused or conditional event changes nothing, so a machine that was made for it goes again.
      if (existing === undefined) {
        call.databases.rollback(savepoint);
        if (reply !== undefined) noteRefusal(call, key, undefined, options, new ReplyError(reply.message));
      }
      return reply === undefined ? null : replyOf(reply);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      // Refused before it had an outcome. What is returned and not thrown keeps the entry of the stream of refusals.
      call.databases.rollback(savepoint);
      noteRefusal(call, key, existing, options, error);
      return { kind: "error", message: error.message };
    }
  },
} as const satisfies Handler;

function noteRefusal(
  call: Call,
  key: Bytes,
  subject: Subject | undefined,
  options: SendOptions,
  { code, text }: ReplyError,
): void {
  logRefusal(call, { key, machine: subject?.machine }, options, { code, message: text, wasTold: true });
}

function createFirst(call: Call, key: Bytes, options: SendOptions): Subject {
  if (options.definition === undefined) throw errors.noMachine(argument(call.args, 1));
  const definition = definitionAt(call.db, options.definition);
  return createFrom(call, key, { definition, by: options.by, expireAtMs: 0 });
}
