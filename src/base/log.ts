/** The log as a value handed in: the program writes lines in Redis' form, tests keep or drop them. */

/** From the least to the most severe, as the directive `loglevel` names them. */
export const LOG_LEVELS = ["debug", "verbose", "notice", "warning"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Logs a line, which has no line break of its own; without a level it is a notice. */
export type Log = (text: string, level?: LogLevel) => void;

const MARKS: Readonly<Record<LogLevel, string>> = { debug: ".", verbose: "-", notice: "*", warning: "#" };

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A line in Redis' form, in local time: `4242:M 09 Jan 2026 07:08:09.010 * text`. */
export function logLine(
  text: string,
  level: LogLevel,
  { pid, nowMs }: { pid: number; nowMs: number },
): string {
  const at = new Date(nowMs);
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${two(at.getDate())} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const milliseconds = String(at.getMilliseconds()).padStart(3, "0");
  return `${pid}:M ${date} ${time}.${milliseconds} ${MARKS[level]} ${text}\n`;
}

/** The same as a line of JSON, in the time of the world: for what gathers logs. */
export function jsonLogLine(
  text: string,
  level: LogLevel,
  { pid, nowMs }: { pid: number; nowMs: number },
): string {
  return `${JSON.stringify({ time: new Date(nowMs).toISOString(), level, pid, message: text })}\n`;
}

/** Whether a line of that level is to be logged when `least` is the least severity. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}
