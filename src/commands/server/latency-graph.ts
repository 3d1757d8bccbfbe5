/**
 * LATENCY GRAPH event: the recorded slow moments of one kind as columns of characters, oldest first, with how long ago
 * each was below it.
 */
import type { SlowMoment } from "../../metrics/latency-log.ts";
import * as errors from "../../protocol/errors.ts";
import { argument } from "../arguments.ts";
import type { Handler } from "../handler.ts";

const COLUMNS = 80;
const ROWS = 4;
/** How far a row is filled. */
const FILLINGS = ["_", "o", "#"] as const;
const STEPS = ROWS * FILLINGS.length;

export const latencyGraph = {
  name: "LATENCY|GRAPH",
  run: ({ args, server, nowMs }) => {
    const name = argument(args, 2);
    const event = name.toString("latin1");
    const moments = server.latencyLog.history(event);
    if (moments.length === 0) throw errors.noLatencySamples(name);
    const { millisecondsMax = 0 } = server.latencyLog.latest().find((one) => one.event === event) ?? {};
    const text = latencyGraphText({ event, moments, millisecondsMax, nowSeconds: Math.floor(nowMs / 1000) });
    return { kind: "verbatim", format: "txt", text };
  },
} as const satisfies Handler;

export interface GraphedMoments {
  readonly event: string;
  /** At least one, from the oldest to the newest. */
  readonly moments: readonly SlowMoment[];
  /** The longest ever. */
  readonly millisecondsMax: number;
  readonly nowSeconds: number;
}

/** The whole graph, line for line as Redis draws it. */
export function latencyGraphText({ event, moments, millisecondsMax, nowSeconds }: GraphedMoments): string {
  const all = moments.map(({ milliseconds }) => milliseconds);
  const [high, low] = [Math.max(...all), Math.min(...all)];
  const columns = moments.map(({ milliseconds, atSeconds }) => ({
    step: Math.min(STEPS - 1, Math.floor(((milliseconds - low) * STEPS) / Math.max(1, high - low))),
    label: ago(nowSeconds - atSeconds),
  }));
  const blocks: string[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS) blocks.push(drawn(columns.slice(at, at + COLUMNS)));
  const head = `${event} - high ${high} ms, low ${low} ms (all time high ${millisecondsMax} ms)\n`;
  return `${head}${"-".repeat(COLUMNS)}\n${blocks.join("\n")}`;
}

interface Column {
  /** 0 to STEPS - 1. */
  readonly step: number;
  readonly label: string;
}

function drawn(columns: readonly Column[]): string {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    columns.map(({ step }) => filling(step - (ROWS - row - 1) * FILLINGS.length)).join(""),
  );
  const labelHeight = Math.max(...columns.map(({ label }) => label.length));
  const labels = Array.from({ length: labelHeight }, (_, line) =>
    columns.map(({ label }) => label[line] ?? " ").join(""),
  );
  return [...rows, " ".repeat(columns.length), ...labels].map((line) => `${line}\n`).join("");
}

/** What is in a row that a column reaches by so many steps. */
function filling(steps: number): string {
  if (steps < 0) return " ";
  return FILLINGS[steps] ?? "|";
}

function ago(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
