/**
 * What the commands of map machines share: looking at a key, writing the next revision of a machine, and the two
 * readings of the seven original commands. `documented` follows what redis-state-machine publishes about itself,
 * `module` what it does, to the byte.
 */

import { bytesOf } from "../../base/bytes.ts";
import type { KeyEvent } from "../../keyspace/changes.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import type { HistoryKind } from "../../machines/history.ts";
import { keepingOf } from "../../machines/keeping.ts";
import { createMachine, updateMachine } from "../../machines/machines.ts";
import { indexOf } from "../../machines/map-index.ts";
import { currentState, mapOf, type NewMachine, newMapMachine } from "../../machines/map-machine.ts";
import { advanced, decodeMachine, type MachineRecord } from "../../machines/record.ts";
import * as errors from "../../protocol/errors.ts";
import { type Reply, simple } from "../../protocol/reply.ts";
import type { ReplyError } from "../../protocol/reply-error.ts";
import { text } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { look } from "../values.ts";

/** True when the server is set to `sm-compat module`. */
export function isModuleMode(call: Call): boolean {
  return call.server.config.values["sm-compat"] === "module";
}

/** An argument as text. The module knows no other bytes than text: what is not UTF-8 becomes U+FFFD. */
export function wordArgument(call: Call, bytes: Buffer, name: string): string {
  return isModuleMode(call) ? bytes.toString("utf8") : text(bytes, name);
}

/** An argument in capitals, as Unicode has them. */
export function capitals(bytes: Buffer): string {
  return bytes.toString("utf8").toUpperCase();
}

/** A machine under a key. */
export interface Found {
  readonly record: KeyRecord;
  readonly machine: MachineRecord;
}

/** The machine of a key, undefined when there is none. @throws ReplyError when the key holds another type */
export function machineAt(call: Call, key: Buffer): Found | undefined {
  const record = look(call, key);
  if (record === undefined) return undefined;
  if (record.type !== "machine") throw wrongTypeError(call);
  return { record, machine: decodeMachine(record) };
}

/** A machine that may be moved, or why none is: null where there is none. */
export function machineToMove(call: Call, key: Buffer): Found | { readonly refused: ReplyError | null } {
  const record = call.db.find(bytesOf(key));
  if (record === undefined) return { refused: null };
  if (record.type !== "machine") return { refused: wrongTypeError(call) };
  const machine = decodeMachine(record);
  if (machine.status === "suspended") return { refused: errors.suspended(machine.reason) };
  if (machine.status === "stopped") return { refused: errors.machineStopped() };
  return { record, machine };
}

/** The refusal to replace what a key holds, undefined when it holds a machine or nothing. */
export function refusalToReplace(call: Call, key: Buffer): Reply | undefined {
  const record = call.db.find(bytesOf(key));
  if (record === undefined || record.type === "machine") return undefined;
  return refusal(call, key, wrongTypeError(call));
}

/** @throws ReplyError when there are more than `count` arguments; the module passes over what it does not know */
export function atMost(call: Call, count: number, name: string): void {
  if (call.args.length > count && !isModuleMode(call)) throw errors.wrongNumberOfArguments(name);
}

/**
 * A refusal by a command that writes. The module opens a key for writing before it looks, so that its refusals, nil
 * included, end a WATCH; they are returned, because what is thrown takes that back too.
 */
export function refusal(call: Call, key: Buffer, error: ReplyError | null): Reply {
  if (isModuleMode(call)) call.db.touch(bytesOf(key));
  else if (error !== null) throw error;
  return error === null ? null : { kind: "error", message: error.message };
}

function wrongTypeError(call: Call): ReplyError {
  return isModuleMode(call) ? errors.moduleWrongType() : errors.wrongType();
}

/** A state or a reason as a simple string. */
export function word(call: Call, text: string): Reply {
  return simple(isModuleMode(call) ? text.replace(/[\r\n]/g, " ") : text);
}

/** Stores a new map machine in place of what the key holds, without expiry; its history begins with this change. */
export function storeMachine(call: Call, key: Buffer, fresh: NewMachine): void {
  createMachine(call.db, bytesOf(key), {
    ...newMapMachine(call.nowMs, fresh),
    expireAtMs: 0,
    keeping: keepingOf(call.server.config),
    event: event(call, `sm.${fresh.kind}`),
  });
}

export interface Move {
  readonly to: string;
  /** Undefined: the machine keeps the reason it has. */
  readonly reason: string | undefined;
  readonly kind: Extract<HistoryKind, "mutate" | "force" | "reset">;
}

/**
 * Writes the next revision of a map machine: the move, its history, its indexes. A move to the state the machine
 * is in counts as a revision too, but the machine has been in that state all along: the time of entry stays.
 */
export function moveMachine(call: Call, key: Buffer, { record, machine }: Found, move: Move): void {
  const { nowMs } = call;
  const { to, reason, kind } = move;
  const from = currentState(machine);
  const rev = machine.rev + 1;
  updateMachine(call.db, bytesOf(key), {
    record,
    before: machine,
    machine: advanced(machine, {
      states: from === to ? machine.states : [[to, nowMs]],
      outer: machine.outer,
      status: machine.status,
      rev,
      updatedMs: nowMs,
      reason: reason ?? machine.reason,
      snapshot: null,
    }),
    history: { rev, atMs: nowMs, kind, from: [from], to: [to], reason },
    keeping: keepingOf(call.server.config),
    event: event(call, kind === "reset" ? "sm.reset" : "sm.mutate"),
  });
}

/** The module tells of no event when it changes a machine. */
function event(call: Call, name: KeyEvent): KeyEvent | undefined {
  return isModuleMode(call) ? undefined : name;
}

/** Whether a machine has a state: to the module only keys of its map are states. */
export function hasState(call: Call, machine: MachineRecord, state: string): boolean {
  const index = indexOf(mapOf(machine));
  if (isModuleMode(call)) return index.targets.has(state);
  return index.states.has(state) || state === machine.initial;
}
