/** How large a drawing is shown. */
import { useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";

/** As wide as its place, but neither smaller than can be read nor larger than life. */
const FIT_MIN = 0.85;
const FIT_MAX = 1.15;
const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6];
/** `whole`: all of it, however small; a number: one of the zooms. */
export type Zoom = "readable" | "whole" | number;

/** Attributes of the drawing. */
export interface Size {
  readonly class: string;
  readonly width: number | string;
  readonly height?: number;
  readonly style?: Readonly<Record<string, string>>;
}

export function useZoom() {
  const [zoom, setZoom] = useState<Zoom>("readable");
  const step = (by: number) => {
    const from = typeof zoom === "number" ? zoom : zoom === "whole" ? 0 : 4;
    setZoom(Math.max(0, Math.min(ZOOMS.length - 1, from + by)));
  };
  const fit = () => setZoom(zoom === "whole" ? "readable" : "whole");
  return { zoom, step, fit } as const;
}

/** The size of a drawing, and its limits where it is as wide as its place. */
export function sizeOf({ width, height }: Drawing, zoom: Zoom): Size {
  if (typeof zoom === "number") return scaled({ width, height }, ZOOMS[zoom] ?? 1);
  const least = zoom === "readable" ? { minWidth: `${width * FIT_MIN}px` } : {};
  return { class: "fit", width: "100%", style: { ...least, maxWidth: `${width * FIT_MAX}px` } };
}

export function scaled({ width, height }: Pick<Drawing, "width" | "height">, scale: number): Size {
  return { class: "", width: width * scale, height: height * scale };
}

/** The one scale by which drawings fit into places of a width, in pixels. */
export function commonScale(drawings: readonly Drawing[], place: number, zoom: Zoom): number {
  if (typeof zoom === "number") return ZOOMS[zoom] ?? 1;
  const fitting = Math.min(FIT_MAX, ...drawings.map(({ width }) => place / Math.max(1, width)));
  return zoom === "whole" ? fitting : Math.max(FIT_MIN, fitting);
}
