/** SM.REPLAY: what the history of a machine would be if its events ran again. Nothing is written. */
import { textOfBytes } from "../base/bytes.ts";
import type { Machine } from "../engine/machine.ts";
import { type Snapshot, STEP_LIMITS } from "../engine/types.ts";
import * as errors from "../protocol/errors.ts";
import type { StoredDefinition } from "./definitions.ts";
import { historyOf, standingAt, trimmedOf } from "./history.ts";
import { beginUnder, placeUnder, Rerun, type RerunOptions, type RerunStep } from "./rerun.ts";
import type { Standing } from "./standing.ts";
import { envOf, type Scope, type Subject } from "./subject.ts";
import { snapshotAt } from "./undoing.ts";

export interface ReplayRange {
  /** The first rev; what the history cannot begin with is passed over. */
  readonly from: number;
  readonly count: number;
}

/** The steps of a range, one by one. @throws ReplyError where the history does not tell enough, or nothing fits */
export function* replay(
  scope: Scope,
  subject: Subject,
  { from, count }: ReplayRange,
  other: StoredDefinition | undefined,
): Generator<RerunStep, void, undefined> {
  const { machine, record, chart, key } = subject;
  if (chart === undefined) throw errors.err("a map machine keeps no events that could run again");
  const first = Math.max(from, firstRev(scope, subject, other !== undefined));
  if (first > machine.rev) return;
  const { limits = STEP_LIMITS } = envOf(scope, subject);
  const shared = { key: textOfBytes(key), limits };
  const rerun =
    other === undefined
      ? again(scope, subject, first, shared)
      : under(scope, subject, first, {
          ...shared,
          machine: scope.server.charts.chartOf(other),
          isOwn: false,
        });
  const last = Math.min(machine.rev, first + count - 1);
  // Read by pieces: who asks may stop at any step.
  for (let at = first; at <= last; at += PIECE) {
    const piece = historyOf(scope.db.transaction, record.id, {
      from: at,
      to: Math.min(last, at + PIECE - 1),
    });
    for (const entry of piece) yield rerun.step(entry);
  }
}

const PIECE = 100;

/** The first change that can run again: behind the making of the machine, and behind a migration under its own definition. */
function firstRev(scope: Scope, { machine, record }: Subject, isOther: boolean): number {
  const { transaction } = scope.db;
  const trimmed = trimmedOf(transaction, record.id)?.rev ?? 0;
  let first = trimmed + 1;
  for (const { rev, kind } of historyOf(transaction, record.id, { from: first, to: machine.rev })) {
    if (kind === "imported" || kind === "create" || (kind === "migrate" && !isOther)) first = rev + 1;
  }
  return first;
}

function again(
  scope: Scope,
  subject: Subject,
  first: number,
  shared: Pick<RerunOptions, "key" | "limits">,
): Rerun {
  const { chart } = subject;
  const began = snapshotAt(scope, subject, first - 1);
  if (chart === undefined || began === undefined)
    throw errors.err(`history does not tell enough of the machine as it was before rev ${first}`);
  const recordedAt = (rev: number) => snapshotAt(scope, subject, rev)?.snapshot;
  return new Rerun({ ...shared, machine: chart.machine, isOwn: true, recordedAt }, began.snapshot, began.was);
}

function under(scope: Scope, subject: Subject, first: number, options: RerunOptions): Rerun {
  const { record, chart } = subject;
  const was = standingAt(scope.db.transaction, record.id, {
    to: first - 1,
    counts: ({ rev }) => rev < first,
  });
  if (was?.context === undefined || was.rev !== first - 1)
    throw errors.err(`history does not tell enough of the machine as it was before rev ${first}`);
  const snapshot = beginning(options, chart?.machine, was);
  if (snapshot === undefined)
    throw errors.refused("NOSTATE", `the other definition has no machine that is in ${was.to.join(", ")}`);
  return new Rerun(options, snapshot, was);
}

/** Where a machine begins under another definition; undefined where it cannot. */
export function beginning(
  options: RerunOptions,
  own: Machine | undefined,
  was: Standing,
): Snapshot | undefined {
  return was.kind === "create" ? beginUnder(options, own, was) : placeUnder(options, was);
}
