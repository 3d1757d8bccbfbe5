/** Two drawings beside each other, at one scale; who scrolls one scrolls the other to the same states. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";
import { counterpart } from "./chart-anchor.ts";
import type { Marks } from "./chart-marks.ts";
import { Picture } from "./chart-picture.tsx";
import { center, FullScreen, useFullScreen, Zooming } from "./chart-tools.tsx";
import { commonScale, scaled, useZoom } from "./chart-zoom.ts";
import { linkTo } from "./hooks.ts";
import { Minimap } from "./minimap.tsx";

export interface Side {
  readonly id: string;
  readonly drawing: Drawing;
  readonly marks: Marks;
}

type Canvas = RefObject<HTMLDivElement | null>;

export function ChartPair({ sides: [old, now] }: { readonly sides: readonly [Side, Side] }) {
  const frame = useRef<HTMLDivElement>(null);
  const [left, right] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const { zoom, step, fit } = useZoom();
  const isWhole = useFullScreen(frame);
  const width = useWidth(left);
  const scale = commonScale([old.drawing, now.drawing], width, zoom);
  const follow = useFollowing(scale);
  const { selected } = old.marks;
  useEffect(() => {
    // The states that are chosen; before one is, the first one that differs. Where a drawing has none, it follows.
    const sought = selected === undefined ? FIRST_DIFFERENCE : ".selected";
    for (const { current } of [left, right]) if (current !== null) center(current, sought);
  }, [selected, scale, isWhole]);
  return (
    <div class="chart pair" ref={frame}>
      <fieldset class="tools" aria-label="Both drawings">
        <Zooming zoom={zoom} step={step} fit={fit} />
        <FullScreen frame={frame} isWhole={isWhole} />
      </fieldset>
      <div class="sides">
        <Half side={old} canvas={left} scale={scale} onScroll={() => follow(old, left, now, right)} />
        <Half side={now} canvas={right} scale={scale} onScroll={() => follow(now, right, old, left)} />
      </div>
    </div>
  );
}

function Half({
  side: { id, drawing, marks },
  canvas,
  scale,
  onScroll,
}: {
  readonly side: Side;
  readonly canvas: Canvas;
  readonly scale: number;
  readonly onScroll: () => void;
}) {
  return (
    <section aria-label={id}>
      <h3>
        <a href={linkTo("definition", id)}>{id}</a>
      </h3>
      {drawing.fault !== undefined && <p class="hint">Drawn as a list: {drawing.fault}.</p>}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of fields */}
      <div
        class="canvas"
        ref={canvas}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
        tabIndex={0}
        role="group"
        aria-label={`Statechart of ${id}`}
        onScroll={onScroll}
      >
        <Picture drawing={drawing} marks={marks} size={scaled(drawing, scale)} found={NONE} />
      </div>
      <Minimap drawing={drawing} canvas={canvas} zoom={scale} />
    </section>
  );
}

const FIRST_DIFFERENCE = ".leaf.added, .leaf.removed, .leaf.changed";
const NONE: ReadonlySet<string> = new Set();

/** The width of a place, in pixels; 0 before it is there. */
function useWidth(place: Canvas): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = place;
    if (current === null) return;
    const look = () => setWidth(current.clientWidth);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Scrolls one drawing to where the other is. */
function useFollowing(scale: number) {
  // What was scrolled by this function: it is not to be followed in turn.
  const scrolled = useRef<Element | null>(null);
  return (from: Side, at: Canvas, to: Side, other: Canvas): void => {
    const [place, follower] = [at.current, other.current];
    if (place === null || follower === null) return;
    if (scrolled.current === place) {
      scrolled.current = null;
      return;
    }
    const middle = [
      (place.scrollLeft + place.clientWidth / 2) / scale,
      (place.scrollTop + place.clientHeight / 2) / scale,
    ] as const;
    const [x, y] = counterpart(from.drawing, to.drawing, middle);
    const before = [follower.scrollLeft, follower.scrollTop];
    follower.scrollLeft = x * scale - follower.clientWidth / 2;
    follower.scrollTop = y * scale - follower.clientHeight / 2;
    if (follower.scrollLeft !== before[0] || follower.scrollTop !== before[1]) scrolled.current = follower;
  };
}
