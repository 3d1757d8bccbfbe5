/** The headings of a page, by the anchors that links to them have. */

/** The text from each heading to the next one, by anchor. A heading that is there again gets a number, as on GitHub. */
export function sectionsOf(page: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>();
  const seen = new Map<string, number>();
  let anchor: string | undefined;
  let isFenced = false;
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) isFenced = !isFenced;
    const [, heading] = isFenced ? [] : (/^#+ (.*)$/.exec(line) ?? []);
    if (heading !== undefined) {
      const name = anchorOf(heading);
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      anchor = count === 0 ? name : `${name}-${count}`;
    }
    if (anchor !== undefined) sections.set(anchor, `${sections.get(anchor) ?? ""}${line}\n`);
  }
  return sections;
}

function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return text.replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
}
