/** What one does with a drawing as a whole. */
import { useEffect, useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";
import { reachable } from "./chart-focus.ts";
import type { Zoom } from "./chart-zoom.ts";

export function FocusChoice({
  drawing,
  state,
  value,
  onFocus,
}: {
  readonly drawing: Drawing;
  readonly state: string;
  readonly value: string;
  readonly onFocus: (focus: string) => void;
}) {
  const ways = reachable(drawing, state);
  const others = drawing.boxes.filter(
    ({ path, type }) => path !== "" && path !== state && type !== "history",
  );
  return (
    <select
      aria-label={`What to show from ${state}`}
      value={value}
      onInput={(event) => onFocus(event.currentTarget.value)}
    >
      <option value="">Show all</option>
      <option value="after">What can follow</option>
      <option value="before">What leads here</option>
      <optgroup label="Shortest way to">
        {others.map(({ path }) => (
          <option key={path} value={`to:${path}`} disabled={!ways.has(path)}>
            {path}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

export function FoldAll({
  drawing: { boxes },
  onCollapseAll,
}: {
  readonly drawing: Drawing;
  readonly onCollapseAll: (paths: readonly string[]) => void;
}) {
  const open = boxes.filter(({ path, hasInside }) => hasInside && path !== "" && !path.includes("."));
  const closed = boxes.filter(({ isCollapsed }) => isCollapsed === true);
  if (open.length + closed.length < 2) return null;
  return open.length > 0 ? (
    <button type="button" onClick={() => onCollapseAll([...open, ...closed].map(({ path }) => path))}>
      Close all
    </button>
  ) : (
    <button type="button" onClick={() => onCollapseAll([])}>
      Open all
    </button>
  );
}

export function useFullScreen(frame: { readonly current: HTMLElement | null }): boolean {
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    const look = () =>
      setWhole(document.fullscreenElement !== null && document.fullscreenElement === frame.current);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return isWhole;
}

async function turnFullScreen(frame: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement !== null) await document.exitFullscreen();
  else await frame?.requestFullscreen();
}

export function FullScreen({
  frame,
  isWhole,
}: {
  readonly frame: { readonly current: HTMLElement | null };
  readonly isWhole: boolean;
}) {
  return (
    <button type="button" aria-pressed={isWhole} onClick={() => void turnFullScreen(frame.current)}>
      Full screen
    </button>
  );
}

export function Zooming({
  zoom,
  step,
  fit,
}: {
  readonly zoom: Zoom;
  readonly step: (by: number) => void;
  readonly fit: () => void;
}) {
  return (
    <>
      <button type="button" onClick={() => step(-1)} aria-label="Smaller">
        −
      </button>
      <button type="button" onClick={fit} aria-pressed={zoom === "whole"}>
        Fit
      </button>
      <button type="button" onClick={() => step(1)} aria-label="Larger">
        +
      </button>
    </>
  );
}

/** Scrolls to the first state that a selector finds. */
export function center(place: HTMLElement, selector: string): void {
  const state = place.querySelector(selector)?.getBoundingClientRect();
  if (state === undefined) return;
  const from = place.getBoundingClientRect();
  place.scrollLeft += state.left + state.width / 2 - from.left - from.width / 2;
  place.scrollTop += state.top + state.height / 2 - from.top - from.height / 2;
}
