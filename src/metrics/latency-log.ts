/** Slow moments by kind of event, as LATENCY tells of them: those of `latency-monitor-threshold` and longer. */

/** Moments kept of each kind; as many as Redis keeps. */
const MOMENTS_MAX = 160;

/** The kinds there are: a command, one that claims to be fast, and the commit of a turn. */
export type LatencyEvent = "command" | "fast-command" | "commit";

export interface SlowMoment {
  /** Unix time in seconds. */
  readonly atSeconds: number;
  readonly milliseconds: number;
}

interface Series {
  readonly moments: SlowMoment[];
  millisecondsMax: number;
}

export class LatencyLog {
  readonly #series = new Map<string, Series>();

  add(event: LatencyEvent, milliseconds: number, nowMs: number): void {
    let series = this.#series.get(event);
    if (series === undefined) {
      series = { moments: [], millisecondsMax: 0 };
      this.#series.set(event, series);
    }
    const moment = { atSeconds: Math.floor(nowMs / 1000), milliseconds: Math.round(milliseconds) };
    series.millisecondsMax = Math.max(series.millisecondsMax, moment.milliseconds);
    const last = series.moments.at(-1);
    // One moment a second: the longest.
    if (last?.atSeconds !== moment.atSeconds) series.moments.push(moment);
    else if (last.milliseconds < moment.milliseconds) series.moments[series.moments.length - 1] = moment;
    if (series.moments.length > MOMENTS_MAX) series.moments.shift();
  }

  /** The newest moment of each kind, and its longest ever. */
  latest(): ReadonlyArray<{
    readonly event: string;
    readonly last: SlowMoment;
    readonly millisecondsMax: number;
  }> {
    return [...this.#series].flatMap(([event, { moments, millisecondsMax }]) => {
      const last = moments.at(-1);
      return last === undefined ? [] : [{ event, last, millisecondsMax }];
    });
  }

  /** From the oldest to the newest. */
  history(event: string): readonly SlowMoment[] {
    return this.#series.get(event)?.moments ?? [];
  }

  /** Forgets these kinds, or all when none is given; returns how many there were. */
  forget(events: readonly string[]): number {
    const names = events.length === 0 ? [...this.#series.keys()] : events;
    return names.filter((name) => this.#series.delete(name)).length;
  }
}
