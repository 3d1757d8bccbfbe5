/** LATENCY DOCTOR: a report on slow moments, for an operator to read. */
import type { SlowMoment } from "../../metrics/latency-log.ts";
import type { Call, Handler } from "../handler.ts";

export const latencyDoctor = {
  name: "LATENCY|DOCTOR",
  run: (call) => ({ kind: "verbatim", format: "txt", text: report(call) }),
} as const satisfies Handler;

const OFF =
  'Slow moments are not recorded. "CONFIG SET latency-monitor-threshold <milliseconds>" records those that take so long.\n';

/** What may help against each kind. */
const ADVICE: Readonly<Record<string, string>> = {
  command: "SLOWLOG GET shows which commands were slow, and on what.",
  "fast-command": "These commands cost little: look for something else that keeps the processor busy.",
  commit:
    "The disk is slow to sync: INFO persistence has store_fsync_last_ms, and appendfsync says what waits for it.",
};

function report({ server, nowMs }: Call): string {
  const thresholdMs = server.config.get("latency-monitor-threshold");
  if (thresholdMs === 0) return OFF;
  const latest = server.latencyLog.latest();
  if (latest.length === 0) return `No moment of ${thresholdMs} ms or more has been recorded.\n`;
  const lines = latest.map(({ event, millisecondsMax }, at) => {
    const moments = server.latencyLog.history(event);
    const advice = ADVICE[event] ?? "";
    return `${at + 1}. ${event}: ${described(moments, nowMs)}, the longest ever ${millisecondsMax} ms. ${advice}\n`;
  });
  return `Moments of ${thresholdMs} ms or more:\n\n${lines.join("")}`;
}

function described(moments: readonly SlowMoment[], nowMs: number): string {
  const total = moments.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const average = (total / Math.max(1, moments.length)).toFixed(0);
  const newest = moments.at(-1)?.atSeconds ?? 0;
  const secondsAgo = Math.max(0, Math.floor(nowMs / 1000) - newest);
  return `${moments.length} recorded, ${average} ms on average, the newest ${secondsAgo} seconds ago`;
}
