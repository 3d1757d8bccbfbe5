/** Metrics of machines: counts, stays in states, timers, and the streams that machines write. */
import type { ServerContext } from "../commands/server-context.ts";
import type { MachineCount, OverdueCount, StreamFigures, TimerFigures } from "../machines/figures.ts";
import type { Definer, Sample } from "./metric-definer.ts";

/** Four series for each state. */
const STAYS_MAX = 2500;
const QUANTILES = [0.5, 0.95];

export interface MachineFigures {
  readonly counts: readonly MachineCount[];
  readonly timers: TimerFigures;
  readonly overdue: readonly OverdueCount[];
  readonly streams: readonly StreamFigures[];
}

export function machineMetrics(figures: () => MachineFigures, { gauge }: Definer): void {
  const timers = () => figures().timers;
  gauge(
    "machines",
    "Machines by database, definition and status.",
    function* () {
      for (const { database, definition, state, status, count } of figures().counts)
        if (state === undefined) yield [{ db: database, definition, status }, count];
    },
    ["db", "definition", "status"],
  );
  gauge(
    "machines_in_state",
    "Machines by active state, outer states too; a machine counts once for each.",
    function* () {
      for (const { database, definition, state, status, count } of figures().counts)
        if (state !== undefined) yield [{ db: database, definition, state, status }, count];
    },
    ["db", "definition", "state", "status"],
  );
  gauge(
    "machines_overdue",
    "States of machines that have lasted longer than their sla; 10000 stands for more.",
    () => figures().overdue.map(({ database, count }): Sample => [{ db: database }, count]),
    ["db"],
  );
  gauge(
    "machines_overdue_seconds",
    "By how much the longest of them has.",
    () => figures().overdue.map(({ database, longestMs }): Sample => [{ db: database }, longestMs / 1000]),
    ["db"],
  );
  gauge(
    "timers_pending",
    "Timers and scheduled events that are armed; 10000 stands for more.",
    () => timers().pending,
  );
  gauge("timers_late", "Timers that have been due for a second or more.", () => timers().late);
  gauge(
    "timers_lateness_seconds",
    "How long the first of them has been due.",
    () => timers().latenessMs / 1000,
  );
}

export function streamMetrics(figures: () => MachineFigures, { gauge }: Definer): void {
  const streams = () => figures().streams;
  gauge(
    "stream_length",
    "Entries of the streams that machines write; sm:dead holds dead letters.",
    () => streams().map(({ database, name, length }): Sample => [{ db: database, stream: name }, length]),
    ["db", "stream"],
  );
  const groupSamples = (pick: (group: { pending: number; lag: number | undefined }) => number | undefined) =>
    streams().flatMap(({ database, name, groups }) =>
      groups.flatMap((group): Sample[] => {
        const value = pick(group);
        return value === undefined ? [] : [[{ db: database, stream: name, group: group.name }, value]];
      }),
    );
  const groupLabels = ["db", "stream", "group"];
  gauge(
    "group_lag",
    "Entries that a consumer group has not been given yet.",
    () => groupSamples(({ lag }) => lag),
    groupLabels,
  );
  gauge(
    "group_pending",
    "Entries that a consumer group was given and has not acknowledged.",
    () => groupSamples(({ pending }) => pending),
    groupLabels,
  );
}

export function stayMetrics({ flow }: ServerContext, { summaries }: Definer): void {
  summaries(
    "state_stay_seconds",
    "How long machines stayed in the states that they have left, to one part in eight.",
    function* () {
      for (const { database, definition, state, stays } of flow.stays(STAYS_MAX))
        yield [
          { db: database, definition, state },
          {
            quantiles: new Map(QUANTILES.map((one) => [one, stays.percentile(one * 100) / 1000])),
            sum: stays.totalMs / 1000,
            count: stays.count,
          },
        ];
    },
  );
}
