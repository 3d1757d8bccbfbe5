/** A picture of a benchmark: bars by depth of pipelining, as SVG. */

export interface Bar {
  readonly name: string;
  readonly perSecond: number;
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const NAMES = 230;
const BAR = 18;
const GAP = 6;
const COLOURS = { detent: "#2f6f4f", bare: "#9aa5b1", other: "#5b7db1" };

/** Groups of bars below each other, each group to a scale of its own. */
export function chartOf(title: string, groups: readonly BarGroup[], foot: string): string {
  const parts: string[] = [text(10, 24, title, "font-weight:600;font-size:15px")];
  let y = 44;
  for (const group of groups) {
    parts.push(text(10, y + 14, group.title, "font-weight:600"));
    y += 24;
    const most = Math.max(...group.bars.map(({ perSecond }) => perSecond));
    for (const { name, perSecond } of group.bars) {
      const width = Math.max(1, ((WIDTH - NAMES - 90) * perSecond) / most);
      parts.push(
        text(NAMES - 8, y + 13, name, "text-anchor:end"),
        `<rect x="${NAMES}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${colourOf(name)}"/>`,
        text(NAMES + width + 6, y + 13, Math.round(perSecond).toLocaleString("en"), ""),
      );
      y += BAR + GAP;
    }
    y += 12;
  }
  parts.push(text(10, y + 10, foot, "font-size:11px;fill:#6b7280"));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 24}" viewBox="0 0 ${WIDTH} ${y + 24}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="#1f2933">`,
    ...parts,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function colourOf(name: string): string {
  if (name.startsWith("Detent")) return COLOURS.detent;
  return name.startsWith("bare") ? COLOURS.bare : COLOURS.other;
}

function text(x: number, y: number, content: string, style: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${style === "" ? "" : ` style="${style}"`}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
