/**
 * Lengths of time as texts: `"500ms" "30s" "5m" "72h" "7d"`, several of them (`"1h30m"`), and ISO 8601 (`"PT72H"`,
 * `"P1DT12H"`). Exact to the nanosecond.
 */

const UNITS_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};

const PART = /(\d{1,15})(?:\.(\d{1,9})\d*)?(ns|us|µs|ms|s|m|h|d)/y;
const COUNT = "(\\d{1,12})(?:\\.(\\d{1,9}))?";
const ISO = new RegExp(
  `^([+-]?)P(?=[\\dT])(?:${COUNT}W)?(?:${COUNT}D)?(?:T(?=\\d)(?:${COUNT}H)?(?:${COUNT}M)?(?:${COUNT}S)?)?$`,
);

/** Nanoseconds of a text such as `72h`, `-1.5s`, `1h30m` or `PT72H`; undefined when it is no length of time. */
export function parseNanos(text: string): bigint | undefined {
  if (text.length > TEXT_MAX) return undefined;
  return text.includes("P") ? parseIso(text) : parseParts(text);
}

const TEXT_MAX = 64;

function parseParts(text: string): bigint | undefined {
  const isNegative = text.startsWith("-");
  let at = isNegative || text.startsWith("+") ? 1 : 0;
  if (text.slice(at) === "0") return 0n;
  if (at === text.length) return undefined;
  let nanos = 0n;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) return undefined;
    nanos += amount(match[1], match[2], match[3] ?? "");
    at = PART.lastIndex;
  }
  return isNegative ? -nanos : nanos;
}

/** Years and months are no lengths of time: they have no fixed number of days. */
function parseIso(text: string): bigint | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const nanos = ["w", "d", "h", "m", "s"].reduce(
    (sum, unit, i) => sum + amount(match[2 + 2 * i], match[3 + 2 * i], unit),
    0n,
  );
  return match[1] === "-" ? -nanos : nanos;
}

function amount(whole = "0", fraction = "", unit: string): bigint {
  const size = UNITS_NANOS[unit] ?? 0n;
  return BigInt(whole) * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
}

/** The text of a length of time: seconds, as `259200s` or `0.5s`. `parseNanos` reads it again. */
export function textOfNanos(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
}
