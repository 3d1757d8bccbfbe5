/** Circles and boxes on the earth, taken for a ball: what is in one, and the cells that cover it. */
import { areaOf, type Cell, cellAt, neighbor, type Position, STEP_MAX } from "./geohash-cells.ts";

/** Lengths are in a unit of so many meters. */
export type Shape = { readonly center: Position; readonly metersPerUnit: number } & (
  | { readonly kind: "circle"; readonly radius: number }
  | { readonly kind: "box"; readonly width: number; readonly height: number }
);

const EARTH_RADIUS = 6372797.560856;
/** Half of the way around the earth, a little more. */
const MERCATOR_MAX = 20037726.37;
const DEGREE = Math.PI / 180;

/** In meters. */
export function distance(from: Position, to: Position): number {
  const fromLongitude = from.longitude * DEGREE;
  const toLongitude = to.longitude * DEGREE;
  const v = Math.sin((toLongitude - fromLongitude) / 2);
  // On one meridian.
  if (v === 0) return latitudeDistance(from, to);
  const fromLatitude = from.latitude * DEGREE;
  const toLatitude = to.latitude * DEGREE;
  const u = Math.sin((toLatitude - fromLatitude) / 2);
  const a = u * u + Math.cos(fromLatitude) * Math.cos(toLatitude) * v * v;
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(a));
}

function latitudeDistance(from: Position, to: Position): number {
  return EARTH_RADIUS * Math.abs(to.latitude * DEGREE - from.latitude * DEGREE);
}

/** How far a position is from the center, in meters; undefined when it is outside. */
export function distanceWithin(shape: Shape, position: Position): number | undefined {
  const { center, metersPerUnit } = shape;
  if (shape.kind === "circle") {
    const meters = distance(center, position);
    return meters > shape.radius * metersPerUnit ? undefined : meters;
  }
  if (latitudeDistance(position, center) > (shape.height * metersPerUnit) / 2) return undefined;
  const sideways = distance(position, { longitude: center.longitude, latitude: position.latitude });
  return sideways > (shape.width * metersPerUnit) / 2 ? undefined : distance(center, position);
}

interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** The lines between which a shape lies. */
function boundsOf(shape: Shape): Bounds {
  const { center, metersPerUnit } = shape;
  const { longitude, latitude } = center;
  const height = metersPerUnit * (shape.kind === "circle" ? shape.radius : shape.height / 2);
  const width = metersPerUnit * (shape.kind === "circle" ? shape.radius : shape.width / 2);
  const latitudeDelta = height / EARTH_RADIUS / DEGREE;
  // The parallel that is nearer to the pole is the shorter one.
  const parallel = latitude < 0 ? latitude - latitudeDelta : latitude + latitudeDelta;
  const longitudeDelta = width / EARTH_RADIUS / Math.cos(parallel * DEGREE) / DEGREE;
  return {
    west: longitude - longitudeDelta,
    south: latitude - latitudeDelta,
    east: longitude + longitudeDelta,
    north: latitude + latitudeDelta,
  };
}

/** The step of the cells of which nine, the one of the center and those around it, cover a circle. */
function stepFor(meters: number, latitude: number): number {
  if (meters === 0) return STEP_MAX;
  let step = 1;
  for (let size = meters; size < MERCATOR_MAX; size *= 2) step += 1;
  step -= 2;
  // Cells grow narrow towards the poles.
  if (Math.abs(latitude) > 66) step -= Math.abs(latitude) > 80 ? 2 : 1;
  return Math.max(1, Math.min(STEP_MAX, step));
}

/** Up to nine cells that cover a shape, the one of the center first. */
export function cellsOf(shape: Shape): readonly Cell[] {
  const { center, metersPerUnit } = shape;
  const bounds = boundsOf(shape);
  const reach =
    shape.kind === "circle"
      ? shape.radius
      : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2));
  const estimated = stepFor(reach * metersPerUnit, center.latitude);
  const isEnough = reaches(cellAt(center, estimated), bounds);
  const step = estimated > 1 && !isEnough ? estimated - 1 : estimated;
  const middle = cellAt(center, step);
  const cells = [middle];
  for (const [eastward, northward] of AROUND)
    if (step < 2 || isWanted(middle, bounds, eastward, northward))
      cells.push(neighbor(middle, eastward, northward));
  return withoutRepetitions(cells);
}

/** North, south, east, west, and what lies between them. */
const AROUND = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const;

/** Whether the cells around a cell reach as far as the bounds. */
function reaches(cell: Cell, { west, south, east, north }: Bounds): boolean {
  const around = (eastward: number, northward: number) => areaOf(neighbor(cell, eastward, northward));
  return !(
    around(0, 1).latitude.max < north ||
    around(0, -1).latitude.min > south ||
    around(1, 0).longitude.max < east ||
    around(-1, 0).longitude.min > west
  );
}

/** Whether the bounds reach into a cell beside the one in the middle. */
function isWanted(
  middle: Cell,
  { west, south, east, north }: Bounds,
  eastward: number,
  northward: number,
): boolean {
  const { longitude, latitude } = areaOf(middle);
  if (northward < 0 && latitude.min < south) return false;
  if (northward > 0 && latitude.max > north) return false;
  if (eastward < 0 && longitude.min < west) return false;
  return !(eastward > 0 && longitude.max > east);
}

/** Around the earth neighbors may be the same: one that is the same as the one before is left out, but for the second. */
function withoutRepetitions(cells: readonly Cell[]): readonly Cell[] {
  const kept: Cell[] = [];
  for (const cell of cells) {
    const before = kept.at(-1);
    const isSame = before?.longitude === cell.longitude && before.latitude === cell.latitude;
    if (kept.length < 2 || !isSame) kept.push(cell);
  }
  return kept;
}
