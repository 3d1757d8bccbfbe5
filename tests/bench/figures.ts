/** What is measured, and how several rounds become one figure. */

export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Processor time of the server's process for an operation, in microseconds; NaN where it is not known. */
  readonly cpuUs: number;
  /** Bytes that the server has had written to disk for an operation; NaN where it is not known. */
  readonly diskBytes: number;
}

/** Each figure's median. */
export function medians(rounds: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => median(rounds.map((figures) => figures[name]));
  return {
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    p999Ms: of("p999Ms"),
    cpuUs: of("cpuUs"),
    diskBytes: of("diskBytes"),
  };
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** The value below which a share of all lies. @param share from 0 to 1 */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
