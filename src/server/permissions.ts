/**
 * Permissions at the gate: whether the user of a session may make a request, and what becomes of one that it may not.
 * Every request passes here, alone, queued, within EXEC and when it has waited.
 */

import type { Command } from "../catalogue/command.ts";
import type { Session } from "../clients/session.ts";
import type { LogContext } from "../clients/users/acl-log.ts";
import { type Denial, type DenialReason, denialOf } from "../clients/users/check.ts";
import { noteRefusal } from "../commands/acl/refusals.ts";
import type { ServerContext } from "../commands/server-context.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { ingestDenial } from "./ingest-permission.ts";
import type { Nesting } from "./nesting.ts";

export interface Asked {
  readonly session: Session;
  readonly command: Command;
  readonly args: readonly Buffer[];
  readonly nowMs: number;
  readonly context: LogContext;
  /** Of a request within EXEC or a script, which may be run again. */
  readonly nesting?: Nesting | undefined;
}

/** Why the session's user may not make a request, told to the ACL log; undefined when it may. */
export function denied(server: ServerContext, asked: Asked): Denial | undefined {
  const { session, command, args } = asked;
  // What nearly all sessions are.
  if (session.user.isUnlimited) return undefined;
  const denial = denialOf(session.user, command, args) ?? ingestDenial(server, asked);
  if (denial !== undefined) {
    const { nowMs, context, nesting } = asked;
    const { reason, object } = denial;
    const note = () =>
      noteRefusal({ server, session, nowMs }, { reason, context, object, user: session.user.name });
    if (nesting === undefined) note();
    else nesting.later(note);
  }
  return denial;
}

/** The error of a request that its user may not make. */
export function denialError({ user }: Session, { reason, object }: Denial): ReplyError {
  switch (reason) {
    case "command":
      return errors.noPermissionCommand(Buffer.from(user.name, "latin1"), object);
    case "key":
      return errors.noPermissionKey();
    case "channel":
      return errors.noPermissionChannel();
    case "definition":
      return errors.noPermissionDefinition();
  }
}

/** What the user of a queued request may no longer do. */
const NO_LONGER: Readonly<Record<DenialReason, string>> = {
  command: "no permission to execute the command or subcommand",
  key: "no permission to touch the specified keys",
  channel: "no permission to access one of the channels used as argument to the command",
  definition: "no permission to use the definition named in the command",
};

/** What the user of a queued request may no longer do, in words. */
export function noLonger({ reason }: Denial): string {
  return NO_LONGER[reason];
}
