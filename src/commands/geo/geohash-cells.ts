/**
 * Geohashes as Redis keeps them: a place is a cell of a grid over longitude and latitude, 2^step cells a side, and its score
 * has the bits of both numbers of the cell by turns, latitude first, 26 bits each. All sums are in the order in which Redis
 * has them, so that they come to the same doubles.
 */

export interface Position {
  readonly longitude: number;
  readonly latitude: number;
}

export interface Span {
  readonly min: number;
  readonly max: number;
}

/** A cell of the grid of a step. */
export interface Cell {
  readonly step: number;
  /** Numbers of 32 bits. */
  readonly longitude: number;
  readonly latitude: number;
}

/** What a cell covers. */
export interface Area {
  readonly longitude: Span;
  readonly latitude: Span;
}

/** The grid of scores. */
const LONGITUDES: Span = { min: -180, max: 180 };
const LATITUDES: Span = { min: -85.05112878, max: 85.05112878 };
/** The grid of the geohashes that others use. */
const ALL_LATITUDES: Span = { min: -90, max: 90 };
/** The step of scores. */
export const STEP_MAX = 26;
const HALF = 2 ** 32;
const LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz";
const TEXT_LETTERS = 11;

export function isPosition({ longitude, latitude }: Position): boolean {
  return (
    longitude >= LONGITUDES.min &&
    longitude <= LONGITUDES.max &&
    latitude >= LATITUDES.min &&
    latitude <= LATITUDES.max
  );
}

export function cellAt(position: Position, step: number, latitudes = LATITUDES): Cell {
  return {
    step,
    longitude: place(position.longitude, LONGITUDES, step),
    latitude: place(position.latitude, latitudes, step),
  };
}

function place(value: number, { min, max }: Span, step: number): number {
  return Math.trunc(((value - min) / (max - min)) * 2 ** step) >>> 0;
}

/** The cell so many places away; beyond the last one comes the first. */
export function neighbor(cell: Cell, eastward: number, northward: number): Cell {
  const count = 2 ** cell.step;
  const moved = (at: number, by: number) => (((at + by) % count) + count) % count;
  return {
    step: cell.step,
    longitude: eastward === 0 ? cell.longitude : moved(cell.longitude, eastward),
    latitude: northward === 0 ? cell.latitude : moved(cell.latitude, northward),
  };
}

export function areaOf(cell: Cell): Area {
  const span = (at: number, { min, max }: Span): Span => ({
    min: min + (at / 2 ** cell.step) * (max - min),
    max: min + (((at + 1) >>> 0) / 2 ** cell.step) * (max - min),
  });
  return { longitude: span(cell.longitude, LONGITUDES), latitude: span(cell.latitude, LATITUDES) };
}

/** The first score in a cell, and the first one behind it. */
export function scoresOf(cell: Cell): { readonly from: number; readonly end: number } {
  const width = 2 ** (2 * (STEP_MAX - cell.step));
  const bits = bitsOf(cell);
  return { from: bits * width, end: (bits + 1) * width };
}

export function scoreAt(position: Position): number {
  return bitsOf(cellAt(position, STEP_MAX));
}

/** The middle of the cell of a score; of any number, as a sorted set may have it. */
export function positionOf(score: number): Position {
  const bits = Number.isFinite(score) ? Math.trunc(score) : 0;
  const high = Math.floor(bits / HALF) >>> 0;
  const low = bits >>> 0;
  const { longitude, latitude } = areaOf({
    step: STEP_MAX,
    latitude: (gathered(low) | (gathered(high) << 16)) >>> 0,
    longitude: (gathered(low >>> 1) | (gathered(high >>> 1) << 16)) >>> 0,
  });
  return { longitude: middle(longitude, LONGITUDES), latitude: middle(latitude, LATITUDES) };
}

function middle(span: Span, { min, max }: Span): number {
  return Math.max(min, Math.min(max, (span.min + span.max) / 2));
}

/** The geohash that other programs know: 11 letters, of which the last has no bits of its own. */
export function geohashText(position: Position): string {
  let bits = BigInt(bitsOf(cellAt(position, STEP_MAX, ALL_LATITUDES)));
  // 52 bits are ten letters of five and two bits more, which are left out.
  bits >>= 2n;
  let text = "";
  for (let at = 0; at < TEXT_LETTERS - 1; at += 1) {
    text = (LETTERS[Number(bits & 31n)] ?? "") + text;
    bits >>= 5n;
  }
  return `${text}0`;
}

/** The bits of both numbers by turns. */
function bitsOf({ longitude, latitude }: Cell): number {
  const low = (spread(latitude & 0xffff) | (spread(longitude & 0xffff) << 1)) >>> 0;
  const high = (spread(latitude >>> 16) | (spread(longitude >>> 16) << 1)) >>> 0;
  return high * HALF + low;
}

/** 16 bits with a zero in front of each. */
function spread(bits: number): number {
  let spread = bits;
  spread = (spread | (spread << 8)) & 0x00ff00ff;
  spread = (spread | (spread << 4)) & 0x0f0f0f0f;
  spread = (spread | (spread << 2)) & 0x33333333;
  return (spread | (spread << 1)) & 0x55555555;
}

/** Every second one of 32 bits, from the lowest on. */
function gathered(bits: number): number {
  let gathered = bits & 0x55555555;
  gathered = (gathered | (gathered >>> 1)) & 0x33333333;
  gathered = (gathered | (gathered >>> 2)) & 0x0f0f0f0f;
  gathered = (gathered | (gathered >>> 4)) & 0x00ff00ff;
  return (gathered | (gathered >>> 8)) & 0x0000ffff;
}
