/** A drawing as SVG, with what is marked on it. */
import { LINE_HEIGHT } from "../drawing/elk-graph.ts";
import type { Drawing, Line } from "../drawing/geometry.ts";
import { pathOf } from "../drawing/svg.ts";
import { type Focus, focused } from "./chart-focus.ts";
import { type Difference, type Marks, type Rate, SIGNS } from "./chart-marks.ts";
import { Badge, State } from "./chart-state.tsx";
import type { Size } from "./chart-zoom.ts";

export function Picture({
  drawing,
  marks,
  size,
  found,
}: {
  readonly drawing: Drawing;
  readonly marks: Marks;
  /** Attributes of the drawing that say how large it is. */
  readonly size: Size;
  /** States that are sought. */
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
    <svg viewBox={`0 0 ${width} ${height}`} {...size}>
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
          difference={marks.lines?.get(line.id)}
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

function focusOf(drawing: Drawing, { selected, focus = "" }: Marks) {
  if (selected === undefined || focus === "") return undefined;
  const wanted: Focus = focus === "after" || focus === "before" ? focus : { to: focus.replace(/^to:/, "") };
  return focused(drawing, selected, wanted);
}

function Arrow({
  line,
  isLit,
  isDim,
  isTaken,
  rate,
  difference,
}: {
  readonly line: Line;
  readonly isLit: boolean;
  readonly isDim: boolean;
  readonly isTaken: boolean;
  readonly rate: Rate | undefined;
  readonly difference: Difference | undefined;
}) {
  const { points, label, isInitial } = line;
  const level = rate === undefined ? "" : `rate${rate.level}`;
  // Colour is never the only sign.
  const text =
    difference === undefined ? (rate === undefined || rate.level === 0 ? "" : rate.text) : SIGNS[difference];
  const middle = text === "" ? undefined : middleOf(points);
  return (
    <g
      class={`arrow ${isLit && !isInitial ? "lit" : ""} ${isDim ? "dim" : ""} ${isTaken ? "taken" : ""} ${level} ${difference ?? ""}`}
    >
      {points.length > 1 && <path d={pathOf(points)} marker-end="url(#arrow)" />}
      {label?.lines.map((words, index) => (
        <text key={`${index} ${words}`} x={label.x} y={label.y + index * LINE_HEIGHT + 11}>
          {words}
        </text>
      ))}
      {middle !== undefined && (
        <text
          x={middle[0]}
          y={middle[1] + 4}
          text-anchor="middle"
          class={difference === undefined ? "rate" : "sign"}
        >
          {text}
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
