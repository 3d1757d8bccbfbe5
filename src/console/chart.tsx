/** A statechart as the server has laid it out, with what is active, counted or chosen marked on it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { LINE_HEIGHT } from "../drawing/elk-graph.ts";
import type { Drawing, Line } from "../drawing/geometry.ts";
import { pathOf } from "../drawing/svg.ts";
import { type Focus, focused } from "./chart-focus.ts";
import type { Marks, Rate } from "./chart-marks.ts";
import { Badge, State } from "./chart-state.tsx";
import { FocusChoice, FoldAll, turnFullScreen, useFullScreen } from "./chart-tools.tsx";
import { Minimap } from "./minimap.tsx";

/** As wide as its place, but neither smaller than can be read nor larger than life. */
const FIT_MIN = 0.85;
const FIT_MAX = 1.15;
/** Drawings with more boxes can be searched. */
const SEARCH_FROM = 12;
const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6];
/** `whole`: all of it, however small; a number: one of the zooms. */
type Zoom = "readable" | "whole" | number;

export function Chart({ drawing, marks }: { readonly drawing: Drawing; readonly marks: Marks }) {
  const [zoom, setZoom] = useState<Zoom>("readable");
  const step = (by: number) => {
    const from = typeof zoom === "number" ? zoom : zoom === "whole" ? 0 : 4;
    setZoom(Math.max(0, Math.min(ZOOMS.length - 1, from + by)));
  };
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const [sought, setSought] = useState("");
  const isWhole = useFullScreen(frame);
  const found =
    sought === ""
      ? []
      : drawing.boxes.filter(({ path }) => path.toLowerCase().includes(sought.toLowerCase()));
  useEffect(() => {
    if (canvas.current !== null) center(canvas.current, sought === "" ? ".leaf.active" : ".found");
  }, [[...(marks.active ?? [])].join(), zoom, drawing, sought, isWhole]);
  return (
    <div class="chart" ref={frame}>
      <fieldset class="tools" aria-label="The drawing">
        {drawing.boxes.length > SEARCH_FROM && (
          <input
            type="search"
            placeholder="Find a state"
            aria-label="Find a state"
            value={sought}
            onInput={(event) => setSought(event.currentTarget.value)}
          />
        )}
        {marks.selected !== undefined && marks.onFocus !== undefined && (
          <FocusChoice
            drawing={drawing}
            state={marks.selected}
            value={marks.focus ?? ""}
            onFocus={marks.onFocus}
          />
        )}
        {marks.onCollapseAll !== undefined && (
          <FoldAll drawing={drawing} onCollapseAll={marks.onCollapseAll} />
        )}
        <button type="button" onClick={() => step(-1)} aria-label="Smaller">
          −
        </button>
        <button
          type="button"
          onClick={() => setZoom(zoom === "whole" ? "readable" : "whole")}
          aria-pressed={zoom === "whole"}
        >
          Fit
        </button>
        <button type="button" onClick={() => step(1)} aria-label="Larger">
          +
        </button>
        <button type="button" aria-pressed={isWhole} onClick={() => void turnFullScreen(frame.current)}>
          Full screen
        </button>
      </fieldset>
      {sought !== "" && found.length === 0 && (
        <p class="hint">
          No state of the drawing has such a name
          {drawing.boxes.some(({ isCollapsed }) => isCollapsed)
            ? "; there are more in the closed ones."
            : "."}
        </p>
      )}
      {drawing.fault !== undefined && <p class="hint">Drawn as a list: {drawing.fault}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too */}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of fields */}
      <div class="canvas" ref={canvas} tabIndex={0} role="group" aria-label="Statechart">
        <Picture drawing={drawing} marks={marks} zoom={zoom} found={new Set(found.map(({ path }) => path))} />
      </div>
      <Minimap drawing={drawing} canvas={canvas} zoom={zoom} />
    </div>
  );
}

function Picture({
  drawing,
  marks,
  zoom,
  found,
}: {
  readonly drawing: Drawing;
  readonly marks: Marks;
  readonly zoom: Zoom;
  readonly found: ReadonlySet<string>;
}) {
  const { width, height, boxes, lines, dots } = drawing;
  const largest = Math.max(1, ...(marks.counts?.values() ?? []));
  const shown = focusOf(drawing, marks);
  const stateOf = (box: Drawing["boxes"][number]) => (
    <State
      key={box.path}
      {...{ box, marks, largest, isFound: found.has(box.path) }}
      isDim={shown !== undefined && box.path !== "" && !shown.states.has(box.path)}
    />
  );
  return (
    <svg viewBox={`0 0 ${width} ${height}`} {...sizeOf(drawing, zoom)}>
      <title>Statechart</title>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0 L8 4 L0 8 z" class="head" />
        </marker>
      </defs>
      {boxes.filter(({ hasInside }) => hasInside).map(stateOf)}
      {dots.map(({ x, y, radius }) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r={radius / 1.6} class="dot" />
      ))}
      {lines.map((line) => (
        <Arrow
          key={line.id}
          line={line}
          isLit={marks.active?.has(line.from) === true}
          isDim={shown !== undefined && !shown.lines.has(line.id)}
          isTaken={marks.taken?.has(line.id) === true}
          rate={marks.rates?.get(line.id)}
        />
      ))}
      {boxes.filter(({ hasInside }) => !hasInside).map(stateOf)}
      {boxes.map(({ path, x, y, width: boxWidth, hasInside }) => {
        const machines = marks.counts?.get(path) ?? 0;
        return machines === 0 ? null : (
          <Badge key={path} x={x + boxWidth - 6} y={y + (hasInside ? 8 : 0)} machines={machines} />
        );
      })}
    </svg>
  );
}

/** The size of a drawing, and its limits where it is as wide as its place. */
function sizeOf({ width, height }: Drawing, zoom: Zoom) {
  if (typeof zoom === "number") {
    const scale = ZOOMS[zoom] ?? 1;
    return { class: "", width: width * scale, height: height * scale };
  }
  const least = zoom === "readable" ? { minWidth: `${width * FIT_MIN}px` } : {};
  return { class: "fit", width: "100%", style: { ...least, maxWidth: `${width * FIT_MAX}px` } };
}

function focusOf(drawing: Drawing, { selected, focus = "" }: Marks) {
  if (selected === undefined || focus === "") return undefined;
  const wanted: Focus = focus === "after" || focus === "before" ? focus : { to: focus.replace(/^to:/, "") };
  return focused(drawing, selected, wanted);
}

/** Scrolls to the first state that a selector finds. */
function center(place: HTMLElement, selector: string): void {
  const state = place.querySelector(selector)?.getBoundingClientRect();
  if (state === undefined) return;
  const from = place.getBoundingClientRect();
  place.scrollLeft += state.left + state.width / 2 - from.left - from.width / 2;
  place.scrollTop += state.top + state.height / 2 - from.top - from.height / 2;
}

function Arrow({
  line,
  isLit,
  isDim,
  isTaken,
  rate,
}: {
  readonly line: Line;
  readonly isLit: boolean;
  readonly isDim: boolean;
  readonly isTaken: boolean;
  readonly rate: Rate | undefined;
}) {
  const { points, label, isInitial } = line;
  const level = rate === undefined ? "" : `rate${rate.level}`;
  const middle = rate === undefined || rate.level === 0 ? undefined : middleOf(points);
  return (
    <g
      class={`arrow ${isLit && !isInitial ? "lit" : ""} ${isDim ? "dim" : ""} ${isTaken ? "taken" : ""} ${level}`}
    >
      {points.length > 1 && <path d={pathOf(points)} marker-end="url(#arrow)" />}
      {label?.lines.map((text, index) => (
        <text key={`${index} ${text}`} x={label.x} y={label.y + index * LINE_HEIGHT + 11}>
          {text}
        </text>
      ))}
      {middle !== undefined && (
        <text x={middle[0]} y={middle[1] + 4} text-anchor="middle" class="rate">
          {rate?.text}
        </text>
      )}
    </g>
  );
}

/** The middle of the longest part of a line. */
function middleOf(points: Line["points"]): readonly [number, number] | undefined {
  let longest = 0;
  let middle: readonly [number, number] | undefined;
  for (const [index, [x, y]] of points.entries()) {
    const [fromX, fromY] = points[index - 1] ?? [x, y];
    const length = Math.abs(x - fromX) + Math.abs(y - fromY);
    if (length > longest) [longest, middle] = [length, [(x + fromX) / 2, (y + fromY) / 2]];
  }
  return middle;
}
