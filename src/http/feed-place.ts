/**
 * Where a reader is in the change streams of a cluster, as the id of an event. Each event has one, and it comes back in a header: so a
 * definition is named once, and a partition by its tag. `p1;web-order,door;3q:m2x4k1a.2,;b:…` has for each partition a position in the
 * stream of each definition, in the order of names: the two numbers of an entry's id to the base 36. Nothing stands for the beginning
 * of a stream, `~` for a position that is not known.
 */
const MARK = "p1";
const UNKNOWN = "~";
const BASE = 36n;
/** Before the first entry of a stream. */
export const BEGINNING = "0-0";

/** The part of a partition; `positions` are ids of entries, in the order of names. */
export function segmentOf(tag: string, positions: ReadonlyArray<string | undefined>): string {
  return `${tag}:${positions.map(textOf).join(",")}`;
}

export function placeText(names: readonly string[], segments: readonly string[]): string {
  return [MARK, names.map(encodeURIComponent).join(","), ...segments].join(";");
}

/** By the tags of partitions and the names of definitions: ids of entries. Undefined for a text of another form. */
export function placesIn(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> | undefined {
  const [mark, names = "", ...segments] = text.split(";");
  if (mark !== MARK) return undefined;
  const places = new Map<string, Map<string, string>>();
  try {
    const known = names.split(",").map(decodeURIComponent);
    for (const segment of segments) {
      const [tag = "", positions = ""] = segment.split(":");
      const ids = positions.split(",").map(idOf);
      const named = known.flatMap((name, index): Array<[string, string]> => {
        const id = ids[index];
        return id === undefined ? [] : [[name, id]];
      });
      places.set(tag, new Map(named));
    }
  } catch {
    return undefined;
  }
  return places;
}

function textOf(id: string | undefined): string {
  if (id === undefined) return UNKNOWN;
  if (id === BEGINNING) return "";
  const [ms, seq] = id.split("-").map((number) => BigInt(number).toString(Number(BASE)));
  return seq === "0" ? String(ms) : `${ms}.${seq}`;
}

/** @throws Error for what is none */
function idOf(text: string): string | undefined {
  if (text === UNKNOWN) return undefined;
  if (text === "") return BEGINNING;
  const [ms = "", seq = "0"] = text.split(".");
  return `${numberOf(ms)}-${numberOf(seq)}`;
}

function numberOf(text: string): bigint {
  if (!/^[0-9a-z]{1,13}$/.test(text)) throw new Error(`'${text}' is not a number to the base 36`);
  let number = 0n;
  for (const digit of text) number = number * BASE + BigInt(Number.parseInt(digit, Number(BASE)));
  return number;
}
