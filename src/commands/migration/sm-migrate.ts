/**
 * SM.MIGRATE key name:version [STATE s …] [CONTEXT json] [REASON text] [BY who]: moves a machine to another definition, or
 * another version of its own, with all it has; the new rev. A machine that is there already stays as it is, and its rev
 * is the reply.
 */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import { definitionAt, type StoredDefinition } from "../../machines/definitions.ts";
import { directly } from "../../machines/migration/destination.ts";
import { type Destination, migrateMachine } from "../../machines/migration/migrate.ts";
import { Routes } from "../../machines/migration/routes.ts";
import { type Subject, subjectAt } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, text } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { readContext } from "../machine/context-argument.ts";
import { readOptions, VALUE, VALUES } from "../options.ts";
import { assertMayUse } from "../rights.ts";

const STATE_HINT = "; STATE says where the machine goes";

const FORMS = { STATE: VALUES, CONTEXT: VALUE, REASON: VALUE, BY: VALUE } as const;

export const smMigrate = {
  name: "SM.MIGRATE",
  run: (call) => {
    const { args, db } = call;
    const key = bytesOf(argument(args, 1));
    const options = readMigration(call);
    const definition = definitionAt(db, text(argument(args, 2), "definition"));
    const subject = subjectAt(call, key);
    if (subject === undefined) throw errors.noMachine(bufferOf(key));
    const { machine } = subject;
    const { name, version } = definition;
    // The request names the other one, whose right is settled before.
    if (machine.definition !== undefined)
      assertMayUse(call, `${machine.definition.name}:${machine.definition.version}`);
    if (machine.definition?.name === name && machine.definition.version === version) {
      if (options.states === undefined && options.context === undefined) return machine.rev;
      throw errors.err(
        `the machine is of ${name}:${version} already; SM.PATCH changes its context, SM.MUTATE with FORCE its state`,
      );
    }
    const to =
      options.states === undefined ? byKeptMaps(call, subject, definition) : directly(call, definition);
    return migrateMachine(call, subject, to, { ...options, hint: STATE_HINT }).subject.machine.rev;
  },
} as const satisfies Handler;

/** By the maps that plans have kept between the machine's definition and the one it goes to, where there are any. */
function byKeptMaps(call: Call, { machine }: Subject, definition: StoredDefinition): Destination {
  if (machine.definition === undefined) return directly(call, definition);
  const { name, version } = definition;
  return new Routes(call, { from: machine.definition, to: { name, version }, map: null }).destinationOf(
    machine,
  );
}

function readMigration(call: Call) {
  const given = readOptions(call.args, 3, FORMS);
  const states = given.values("STATE").map((state) => text(state, "STATE"));
  const [context, reason, by] = [given.value("CONTEXT"), given.value("REASON"), given.value("BY")];
  return {
    states: states.length === 0 ? undefined : states,
    context: context === undefined ? undefined : readContext(call, context),
    reason: reason === undefined ? undefined : text(reason, "REASON"),
    by: by === undefined ? undefined : text(by, "BY"),
  };
}
