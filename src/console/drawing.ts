/** The drawing of a definition, with the states that are closed in the address of the page, and as files. */
import { useRef } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";
import { definitionPath, get, scope } from "./api.ts";
import { type Loaded, setQuery, useLoaded } from "./hooks.ts";

export interface DefinitionDrawing extends Loaded<Drawing> {
  readonly path: string;
  readonly onCollapse: (state: string) => void;
  readonly onCollapseAll: (states: readonly string[]) => void;
}

/** In the address where nothing is closed, though something would be at first. */
const NONE = "none";

/** @param first what is closed where the address says nothing; null while that is not known */
export function useDrawing(
  definition: string,
  query: URLSearchParams,
  first: readonly string[] | null = [],
): DefinitionDrawing {
  const given = query.get("closed");
  const closed = given === null ? first : given.split(",").filter((state) => state !== "" && state !== NONE);
  const parameters = (closed ?? []).map((state) => `collapsed=${encodeURIComponent(state)}`).join("&");
  const path = `${definitionPath(definition)}/drawing?${parameters}`;
  const loaded = useLoaded(`drawing ${definition} ${closed === null} ${parameters}`, 0, async () =>
    definition === "" || closed === null ? undefined : get<Drawing>(path),
  );
  // While another one with other states closed is on its way, the page shows the last one.
  const latest = useRef<{ readonly definition: string; readonly data: Drawing } | undefined>(undefined);
  if (loaded.data !== undefined) latest.current = { definition, data: loaded.data };
  const data = loaded.data ?? (latest.current?.definition === definition ? latest.current.data : undefined);
  const onCollapseAll = (states: readonly string[]) =>
    setQuery("closed", states.join(",") || (first?.length ? NONE : ""));
  const onCollapse = (state: string) => {
    const open = closed ?? [];
    onCollapseAll(open.includes(state) ? open.filter((one) => one !== state) : [...open, state]);
  };
  return {
    ...loaded,
    data,
    path: `${path}&${scope()}`,
    onCollapse,
    onCollapseAll,
  } as DefinitionDrawing;
}

/** A chart of more states is drawn with its outer states closed at first: it would be many windows wide. */
const OPEN_MAX = 40;

/** The states to be closed at first: none in a chart that is not large, and none around a state that is asked for. */
export function closedAtFirst(document: unknown, shown: string): readonly string[] {
  const states = statesOf(document);
  if (sizeOf(document) <= OPEN_MAX) return [];
  const outer = states.filter(([, inside]) => statesOf(inside).length > 0).map(([name]) => name);
  return outer.length < 2 ? [] : outer.filter((name) => !shown.startsWith(`${name}.`));
}

function statesOf(node: unknown): ReadonlyArray<[name: string, node: unknown]> {
  const states = typeof node === "object" && node !== null && "states" in node ? node.states : undefined;
  return typeof states === "object" && states !== null ? Object.entries(states) : [];
}

function sizeOf(node: unknown): number {
  return statesOf(node).reduce((sum, [, inside]) => sum + 1 + sizeOf(inside), 0);
}

/** Paints the SVG of the server into a picture of twice its size. */
export async function savePng(path: string, name: string): Promise<void> {
  const picture = new Image();
  picture.src = `${path}&format=svg`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth * 2;
  canvas.height = picture.naturalHeight * 2;
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = `${name}.png`;
  link.click();
}
