/** A state of a drawing: its box, with what is marked on it. */
import type { Box } from "../drawing/geometry.ts";
import { type Marks, SIGNS } from "./chart-marks.ts";
import { count } from "./parts.tsx";

export function State({
  box,
  marks,
  largest,
  isFound,
  isDim,
}: {
  readonly box: Box;
  readonly marks: Marks;
  readonly largest: number;
  readonly isFound: boolean;
  readonly isDim: boolean;
}) {
  const { x, y, width, height, name, type, hasInside, path } = box;
  const { active, visited, differs, selected, onSelect } = marks;
  const difference = differs?.get(path);
  const classes = [
    "state",
    type,
    hasInside ? "outer" : `leaf heat${heatOf(path, marks, largest)}`,
    active?.has(path) === true ? "active" : "",
    visited?.has(path) === true ? "visited" : "",
    selected === path ? "selected" : "",
    difference ?? "",
    isFound ? "found" : "",
    isDim ? "dim" : "",
  ];
  if (type === "history") return <HistoryState box={box} classes={classes.join(" ")} />;
  const isButton = onSelect !== undefined && path !== "";
  const choose = () => onSelect?.(path);
  const note = marks.notes?.get(path);
  const label = labelOf(box, marks);
  const state = (
    <g
      class={classes.join(" ")}
      {...(isButton
        ? {
            role: "button",
            // In small letters: names of attributes of SVG are taken as they are written.
            tabindex: 0,
            "aria-label": label,
            "aria-pressed": selected === path,
            onClick: choose,
            onKeyDown: (event: KeyboardEvent) => (event.key === "Enter" || event.key === " ") && choose(),
          }
        : { "aria-label": label })}
    >
      <rect x={x} y={y} width={width} height={height} rx={8} class="box" />
      {type === "final" && (
        <rect x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={6} class="inner" />
      )}
      {hasInside ? (
        <text x={x + 12} y={y + 19} class="title">
          {name}
        </text>
      ) : (
        <text x={x + width / 2} y={y + height / 2 + (note === undefined ? 4 : -2)} text-anchor="middle">
          {name}
        </text>
      )}
      {/* What is seen is one text with spaces. */ " "}
      {note !== undefined && <Note box={box} text={note} />}
      {difference !== undefined && <Sign x={x} y={y} text={SIGNS[difference]} />}
    </g>
  );
  const { onCollapse } = marks;
  const canFold = path !== "" && (hasInside || box.isCollapsed === true);
  // Beside the state, not in it: a button has no other inside.
  return onCollapse === undefined || !canFold ? state : [state, <Fold {...{ box, isDim, onCollapse }} />];
}

/** It begins with what is seen, so that who speaks to the page can say that. */
function labelOf({ path, name }: Box, { notes, active, counts, differs }: Marks): string {
  const note = notes?.get(path);
  const machines = counts?.get(path) ?? 0;
  const difference = differs?.get(path);
  return [
    `${path === "" ? name : path}${note === undefined ? "" : ` ${note}`}`,
    ...(active?.has(path) === true ? ["active"] : []),
    ...(machines > 0 ? [`${machines} machines`] : []),
    ...(difference === undefined ? [] : [difference]),
  ].join(", ");
}

function HistoryState({ box, classes }: { readonly box: Box; readonly classes: string }) {
  const { x, y, width, height, isDeep } = box;
  return (
    <g class={classes}>
      <circle cx={x + width / 2} cy={y + height / 2} r={width / 2} class="box" />
      <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
        {isDeep ? "H*" : "H"}
      </text>
    </g>
  );
}

function Note({ box, text }: { readonly box: Box; readonly text: string }) {
  const { x, y, width, height, hasInside } = box;
  return hasInside ? (
    <text x={x + 12} y={y + height - 6} class="note">
      {text}
    </text>
  ) : (
    <text x={x + width / 2} y={y + height - 8} text-anchor="middle" class="note">
      {text}
    </text>
  );
}

function heatOf(path: string, { heat, counts }: Marks, largest: number): number {
  if (heat !== undefined) return heat.get(path) ?? 0;
  const machines = counts?.get(path) ?? 0;
  return machines === 0 ? 0 : 1 + Math.min(4, Math.floor((4 * machines) / largest));
}

function Fold({
  box,
  isDim,
  onCollapse,
}: {
  readonly box: Box;
  readonly isDim: boolean;
  readonly onCollapse: (path: string) => void;
}) {
  const { x, y, path, isCollapsed } = box;
  const fold = (event: Event) => {
    event.stopPropagation();
    onCollapse(path);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={`fold ${isDim ? "dim" : ""}`}
      role="button"
      tabindex={0}
      aria-label={`${isCollapsed === true ? "Open" : "Close"} ${path}`}
      onClick={fold}
      onKeyDown={(event: KeyboardEvent) => (event.key === "Enter" || event.key === " ") && fold(event)}
    >
      <rect x={x - 8} y={y - 8} width={16} height={16} rx={4} />
      <text x={x} y={y + 4} text-anchor="middle">
        {isCollapsed === true ? "+" : "−"}
      </text>
    </g>
  );
}

/** At the corner, beside the colour of the box. */
function Sign({ x, y, text }: { readonly x: number; readonly y: number; readonly text: string }) {
  return (
    <g class="corner">
      <circle cx={x + 2} cy={y + 1} r={8} />
      <text x={x + 2} y={y + 5} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

export function Badge({
  x,
  y,
  machines,
}: {
  readonly x: number;
  readonly y: number;
  readonly machines: number;
}) {
  const text = count(machines);
  const width = text.length * 6.6 + 10;
  return (
    <g class="badge">
      <rect x={x - width + 8} y={y - 9} width={width} height={17} rx={8.5} />
      <text x={x - width / 2 + 8} y={y + 3.5} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}
