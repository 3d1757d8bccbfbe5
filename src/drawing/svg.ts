/** A drawing as SVG. It has no style of its own but presentation attributes, so that a strict page may show it. */
import { LINE_HEIGHT } from "./elk-graph.ts";
import type { Box, Drawing, Line } from "./geometry.ts";

/** The colour of a box or line, where it is another than usual. */
export interface Colours {
  box(box: Box): string | undefined;
  line(line: Line): string | undefined;
}

const STROKE = "#55606e";
const PLAIN: Colours = { box: () => undefined, line: () => undefined };

export function svgOf({ width, height, boxes, dots, lines, fault }: Drawing, colours = PLAIN): string {
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#55606e"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...(fault === undefined ? [] : [`<title>${escaped(fault)}</title>`]),
    ...boxes.map((box) => boxSvg(box, colours.box(box))),
    ...dots.map(({ x, y, radius }) => `<circle cx="${x}" cy="${y}" r="${radius / 1.6}" fill="#55606e"/>`),
    ...lines.map((line) => lineSvg(line, colours.line(line))),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function boxSvg(box: Box, stroke = STROKE): string {
  const { x, y, width, height, name, type, isDeep, hasInside } = box;
  if (type === "history") {
    const [cx, cy] = [x + width / 2, y + height / 2];
    return `<g><circle cx="${cx}" cy="${cy}" r="${width / 2}" fill="#ffffff" stroke="${stroke}"/><text x="${cx}" y="${cy + 4}" text-anchor="middle" fill="#1c2530">${isDeep ? "H*" : "H"}</text></g>`;
  }
  const dash = type === "parallel" ? ' stroke-dasharray="5 4"' : "";
  const inner =
    type === "final"
      ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="6" fill="none" stroke="${stroke}"/>`
      : "";
  const title = hasInside
    ? `<text x="${x + 12}" y="${y + 19}" font-weight="600" fill="#1c2530">${escaped(name)}</text>`
    : `<text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle" fill="#1c2530">${escaped(name)}</text>`;
  return `<g><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${hasInside ? "#f4f6f9" : "#ffffff"}" stroke="${stroke}"${dash}/>${inner}${title}</g>`;
}

function lineSvg({ points, label }: Line, stroke?: string): string {
  const path =
    points.length < 2
      ? ""
      : `<path d="${pathOf(points)}" fill="none" stroke="${stroke ?? STROKE}" marker-end="url(#arrow)"/>`;
  const texts = (label?.lines ?? []).map(
    (line, index) =>
      `<text x="${label?.x ?? 0}" y="${(label?.y ?? 0) + index * LINE_HEIGHT + 11}" fill="${stroke ?? "#34404e"}">${escaped(line)}</text>`,
  );
  return `<g>${path}${texts.join("")}</g>`;
}

const CORNER_RADIUS = 6;

/** The points as a path of SVG with corners rounded. */
export function pathOf(points: Line["points"]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const parts = [`M${first[0]} ${first[1]}`];
  for (const [index, point] of rest.entries()) {
    const before = points[index] ?? point;
    const after = rest[index + 1];
    if (after === undefined) {
      parts.push(`L${point[0]} ${point[1]}`);
      continue;
    }
    const from = towards(point, before);
    const to = towards(point, after);
    parts.push(`L${from[0]} ${from[1]} Q${point[0]} ${point[1]} ${to[0]} ${to[1]}`);
  }
  return parts.join(" ");
}

function towards(
  [x, y]: readonly [number, number],
  [toX, toY]: readonly [number, number],
): readonly [number, number] {
  const length = Math.hypot(toX - x, toY - y);
  const part = length === 0 ? 0 : Math.min(CORNER_RADIUS, length / 2) / length;
  return [Math.round((x + (toX - x) * part) * 10) / 10, Math.round((y + (toY - y) * part) * 10) / 10];
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
