/** What `cluster.ts` has measured, as tables of Markdown, and whether it meets its targets. */
import { mediansOf, type Sample } from "./closed-loop.ts";
import { median } from "./figures.ts";

/** The rounds of each subject by how many are in flight. */
export type Measurements = ReadonlyMap<number, ReadonlyMap<string, readonly Sample[]>>;

/** A figure of a subject is to be at least, or at most, so many times that of another one. */
export interface Target {
  readonly subject: string;
  readonly of: string;
  readonly figure: "perSecond" | "p99Ms";
  readonly least?: number;
  readonly most?: number;
  /** In flight; undefined: all. */
  readonly at?: readonly number[];
}

/** A column for each number in flight. */
export function table(title: string, measurements: Measurements, cell: (sample: Sample) => string): string {
  const columns = [...measurements.keys()];
  const names = [...(measurements.values().next().value ?? new Map<string, never>()).keys()];
  const rows = names.map((name) => [
    name,
    ...columns.map((column) => cell(sampleOf(measurements, column, name))),
  ]);
  return markdown([[title, ...columns.map(String)], ...rows]);
}

/** Each ratio is the median of those of the rounds, in which the two take turns. */
export function targetTable(measurements: Measurements, targets: readonly Target[]): string {
  const columns = [...measurements.keys()];
  const rows = targets.map((target) => {
    const cells = columns.map((column) => {
      if (target.at?.includes(column) === false) return "";
      const ratio = ratioOf(measurements, column, target);
      const isMet = target.least === undefined ? ratio <= (target.most ?? 0) : ratio >= target.least;
      return `${ratio.toFixed(2)} ${isMet ? "met" : "missed"}`;
    });
    const what = target.figure === "p99Ms" ? "p99" : "transitions a second";
    const wanted = target.least === undefined ? `at most ${target.most}` : `at least ${target.least}`;
    return [`${what}, ${target.subject} of ${target.of}`, wanted, ...cells];
  });
  return markdown([["ratio", "wanted", ...columns.map(String)], ...rows]);
}

function ratioOf(measurements: Measurements, column: number, { subject, of, figure }: Target): number {
  const own = measurements.get(column)?.get(subject) ?? [];
  const other = measurements.get(column)?.get(of) ?? [];
  return median(own.map((sample, round) => sample[figure] / (other[round]?.[figure] ?? Number.NaN)));
}

function sampleOf(measurements: Measurements, column: number, name: string): Sample {
  return mediansOf(measurements.get(column)?.get(name) ?? []);
}

function markdown(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
