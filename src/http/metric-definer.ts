/** Metrics whose values are kept elsewhere and read when they are asked for. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { DurationHistogram } from "../metrics/duration-histogram.ts";

/** The buckets that are listed, of those that are counted: from 16 µs to 16 s. */
const BUCKETS = { first: 4, last: 24 } as const;

export type Labels = Readonly<Record<string, string | number>>;
export type Sample = readonly [labels: Labels, value: number];

interface DurationMetric {
  readonly name: string;
  readonly help: string;
  readonly collect: () => Iterable<readonly [Labels, DurationHistogram]>;
}

export interface Summary {
  readonly quantiles: ReadonlyMap<number, number>;
  readonly sum: number;
  readonly count: number;
}

export interface Definer {
  gauge(
    name: string,
    help: string,
    collect: () => Iterable<Sample> | number,
    labels?: readonly string[],
  ): void;
  /** A count that was kept elsewhere and only grows, until CONFIG RESETSTAT. */
  counter(
    name: string,
    help: string,
    collect: () => Iterable<Sample> | number,
    labels?: readonly string[],
  ): void;
  durations(name: string, help: string, collect: () => Iterable<readonly [Labels, DurationHistogram]>): void;
  /** Quantiles that are known elsewhere. */
  summaries(name: string, help: string, collect: () => Iterable<readonly [Labels, Summary]>): void;
  /** All of them in the text format of Prometheus. */
  text(): Promise<string>;
}

/** Defines metrics of a registry, each with the prefix `detent_`. */
export function definer(registry: Registry): Definer {
  const options = (name: string, help: string, labelNames: readonly string[]) => ({
    name: `detent_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  const others: Array<() => string> = [];
  return {
    gauge: (name, help, collect, labels = []) => {
      new Gauge({
        ...options(name, help, labels),
        collect() {
          this.reset();
          for (const [sample, value] of samples(collect())) this.set({ ...sample }, value);
        },
      });
    },
    counter: (name, help, collect, labels = []) => {
      new Counter({
        ...options(name, help, labels),
        collect() {
          this.reset();
          for (const [sample, value] of samples(collect())) this.inc({ ...sample }, value);
        },
      });
    },
    durations: (name, help, collect) => {
      others.push(() => histogramText({ name: `detent_${name}`, help, collect }));
    },
    summaries: (name, help, collect) => {
      others.push(() => summaryText(`detent_${name}`, help, collect()));
    },
    text: async () => {
      const texts = [await registry.metrics(), ...others.map((write) => write())];
      return texts.join("\n");
    },
  };
}

function samples(collected: Iterable<Sample> | number): Iterable<Sample> {
  return typeof collected === "number" ? [[{}, collected]] : collected;
}

/** The lines of a histogram that is counted elsewhere: those of the library count for themselves. */
function histogramText({ name, help, collect }: DurationMetric): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [labels, histogram] of collect()) {
    const line = (suffix: string, value: number, le?: string) => {
      lines.push(`${name}_${suffix}${labelText(le === undefined ? labels : { ...labels, le })} ${value}`);
    };
    for (const [index, value] of histogram.cumulative().entries()) {
      if (index >= BUCKETS.first && index <= BUCKETS.last) line("bucket", value, String(2 ** index / 1e6));
    }
    line("bucket", histogram.count, "+Inf");
    line("sum", histogram.microseconds / 1e6);
    line("count", histogram.count);
  }
  return `${lines.join("\n")}\n`;
}

function summaryText(name: string, help: string, collected: Iterable<readonly [Labels, Summary]>): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} summary`];
  for (const [labels, { quantiles, sum, count }] of collected) {
    for (const [quantile, value] of quantiles)
      lines.push(`${name}${labelText({ ...labels, quantile })} ${value}`);
    lines.push(`${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${count}`);
  }
  return `${lines.join("\n")}\n`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escaped(String(value))}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
