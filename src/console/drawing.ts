/** The drawing of a definition, with the states that are closed in the address of the page, and as files. */
import type { Drawing } from "../drawing/geometry.ts";
import { definitionPath, get, scope } from "./api.ts";
import { type Loaded, setQuery, useLoaded } from "./hooks.ts";

export interface DefinitionDrawing extends Loaded<Drawing> {
  readonly path: string;
  readonly onCollapse: (state: string) => void;
  readonly onCollapseAll: (states: readonly string[]) => void;
}

export function useDrawing(definition: string, query: URLSearchParams): DefinitionDrawing {
  const closed = (query.get("closed") ?? "").split(",").filter((state) => state !== "");
  const parameters = closed.map((state) => `collapsed=${encodeURIComponent(state)}`).join("&");
  const path = `${definitionPath(definition)}/drawing?${parameters}`;
  const loaded = useLoaded(`drawing ${definition} ${parameters}`, 0, async () =>
    definition === "" ? undefined : get<Drawing>(path),
  );
  const onCollapseAll = (states: readonly string[]) => setQuery("closed", states.join(","));
  const onCollapse = (state: string) => {
    const next = closed.includes(state) ? closed.filter((one) => one !== state) : [...closed, state];
    onCollapseAll(next);
  };
  return {
    ...loaded,
    data: loaded.data,
    path: `${path}&${scope()}`,
    onCollapse,
    onCollapseAll,
  } as DefinitionDrawing;
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
