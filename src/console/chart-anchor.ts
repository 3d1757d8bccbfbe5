/** Which place of a drawing corresponds to one of another drawing: how two versions are scrolled together. */
import type { Box, Drawing } from "../drawing/geometry.ts";

export type Point = readonly [x: number, y: number];

/** States nearer than this count alike, in pixels of the drawing. */
const NEAR = 60;

/**
 * As far from the states that both have, the nearest ones counting most, so that it moves without jumps; with none in common, the same
 * share of the width and the height. O(boxes).
 */
export function counterpart(from: Drawing, to: Drawing, [x, y]: Point): Point {
  const others = new Map(to.boxes.map((box) => [box.path, box]));
  let [sum, byX, byY] = [0, 0, 0];
  for (const box of from.boxes) {
    const other = others.get(box.path);
    if (other === undefined || box.hasInside || other.hasInside) continue;
    const [ownX, ownY] = middleOf(box);
    const [otherX, otherY] = middleOf(other);
    const weight = 1 / ((x - ownX) ** 2 + (y - ownY) ** 2 + NEAR ** 2) ** 2;
    sum += weight;
    byX += weight * (otherX - ownX);
    byY += weight * (otherY - ownY);
  }
  if (sum === 0) return [(x / from.width) * to.width, (y / from.height) * to.height];
  return [x + byX / sum, y + byY / sum];
}

function middleOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height / 2];
}
