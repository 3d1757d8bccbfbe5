/** A drawing as a whole, small, with the part that is in sight; there where a part is out of sight. */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";

/** In pixels of the drawing. */
interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const SIDE_MAX = 190;
const HEIGHT_MAX = 120;

export function Minimap({
  drawing,
  canvas,
  zoom,
}: {
  readonly drawing: Drawing;
  readonly canvas: RefObject<HTMLElement | null>;
  /** Whatever it is: with another one, another part is seen. */
  readonly zoom: string | number;
}) {
  const [view, setView] = useState<View>();
  // Before the drawing is painted: what is below moves no second time.
  useLayoutEffect(() => {
    const place = canvas.current;
    if (place === null) return;
    const look = () => setView(viewOf(place, drawing));
    look();
    place.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(place);
    return () => {
      place.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [drawing, zoom]);
  if (view === undefined) return null;
  const scale = Math.min(SIDE_MAX / drawing.width, HEIGHT_MAX / drawing.height);
  const go = (event: PointerEvent) => {
    const place = canvas.current;
    if (event.buttons !== 1 || place === null || !(event.currentTarget instanceof Element)) return;
    const from = event.currentTarget.getBoundingClientRect();
    place.scrollLeft = ((event.clientX - from.left) / from.width) * place.scrollWidth - place.clientWidth / 2;
    place.scrollTop =
      ((event.clientY - from.top) / from.height) * place.scrollHeight - place.clientHeight / 2;
  };
  return (
    <svg
      class="minimap"
      // What it does, the drawing does by scrolling.
      aria-hidden="true"
      viewBox={`0 0 ${drawing.width} ${drawing.height}`}
      width={drawing.width * scale}
      height={drawing.height * scale}
      onPointerDown={go}
      onPointerMove={go}
    >
      {drawing.boxes.map(({ path, x, y, width, height, hasInside }) => (
        <rect key={path} x={x} y={y} width={width} height={height} class={hasInside ? "outer" : "leaf"} />
      ))}
      <rect {...view} class="sight" />
    </svg>
  );
}

/** Undefined where all is in sight. */
function viewOf(place: HTMLElement, drawing: Drawing): View | undefined {
  const svg = place.querySelector("svg")?.getBoundingClientRect();
  if (svg === undefined || svg.width === 0) return undefined;
  if (place.scrollWidth <= place.clientWidth + 8 && place.scrollHeight <= place.clientHeight + 8)
    return undefined;
  const ratio = drawing.width / svg.width;
  const from = place.getBoundingClientRect();
  return {
    x: Math.max(0, (from.left - svg.left) * ratio),
    y: Math.max(0, (from.top - svg.top) * ratio),
    width: Math.min(drawing.width, place.clientWidth * ratio),
    height: Math.min(drawing.height, place.clientHeight * ratio),
  };
}
