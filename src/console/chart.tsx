/** A statechart as the server has laid it out, with what is active, counted or chosen marked on it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { LINE_HEIGHT } from "../drawing/elk-graph.ts";
import type { Box, Drawing, Line } from "../drawing/geometry.ts";
import { pathOf } from "../drawing/svg.ts";
import { count } from "./parts.tsx";

export interface Marks {
  /** Active states, outer ones among them. */
  readonly active?: ReadonlySet<string>;
  /** States that were active before. */
  readonly visited?: ReadonlySet<string>;
  readonly counts?: ReadonlyMap<string, number>;
  /** States that another version has not, or has otherwise. */
  readonly differs?: ReadonlyMap<string, "added" | "removed" | "changed">;
  readonly selected?: string;
  /** Takes away or brings back what is inside a state. */
  readonly onCollapse?: (path: string) => void;
  readonly onSelect?: (path: string) => void;
}

/** A drawing that is fitted is neither smaller than can be read nor larger than life. */
const FIT_MIN = 0.85;
const FIT_MAX = 1.15;
/** Drawings with more boxes can be searched. */
const SEARCH_FROM = 12;
const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6];

export function Chart({ drawing, marks }: { readonly drawing: Drawing; readonly marks: Marks }) {
  const [zoom, setZoom] = useState<number>();
  const scale = zoom === undefined ? undefined : ZOOMS[zoom];
  const size =
    scale === undefined
      ? { width: "100%" }
      : { width: drawing.width * scale, height: drawing.height * scale };
  const step = (by: number) => setZoom(Math.max(0, Math.min(ZOOMS.length - 1, (zoom ?? 4) + by)));
  const canvas = useRef<HTMLDivElement>(null);
  const [sought, setSought] = useState("");
  const found =
    sought === ""
      ? []
      : drawing.boxes.filter(({ path }) => path.toLowerCase().includes(sought.toLowerCase()));
  const lit = [...(marks.active ?? [])].join();
  useEffect(() => {
    const place = canvas.current;
    const state = place?.querySelector(sought === "" ? ".leaf.active" : ".found")?.getBoundingClientRect();
    if (place === null || state === undefined) return;
    const from = place.getBoundingClientRect();
    place.scrollLeft += state.left + state.width / 2 - from.left - from.width / 2;
  }, [lit, zoom, drawing, sought]);
  const largest = Math.max(1, ...(marks.counts?.values() ?? []));
  return (
    <div class="chart">
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
        <button type="button" onClick={() => step(-1)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => setZoom(undefined)} aria-pressed={zoom === undefined}>
          Fit
        </button>
        <button type="button" onClick={() => step(1)} aria-label="Larger">
          +
        </button>
      </fieldset>
      {drawing.fault !== undefined && <p class="hint">Drawn as a list: {drawing.fault}.</p>}
      <div class="canvas" ref={canvas}>
        <svg
          viewBox={`0 0 ${drawing.width} ${drawing.height}`}
          class={scale === undefined ? "fit" : ""}
          {...size}
          style={
            scale === undefined
              ? { minWidth: `${drawing.width * FIT_MIN}px`, maxWidth: `${drawing.width * FIT_MAX}px` }
              : {}
          }
        >
          <title>Statechart</title>
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0 L8 4 L0 8 z" class="head" />
            </marker>
          </defs>
          {drawing.boxes
            .filter(({ hasInside }) => hasInside)
            .map((box) => (
              <State key={box.path} box={box} marks={marks} largest={largest} isFound={found.includes(box)} />
            ))}
          {drawing.dots.map(({ x, y, radius }) => (
            <circle key={`${x} ${y}`} cx={x} cy={y} r={radius / 1.6} class="dot" />
          ))}
          {drawing.lines.map((line) => (
            <Arrow key={line.id} line={line} isLit={marks.active?.has(line.from) === true} />
          ))}
          {drawing.boxes
            .filter(({ hasInside }) => !hasInside)
            .map((box) => (
              <State key={box.path} box={box} marks={marks} largest={largest} isFound={found.includes(box)} />
            ))}
          {drawing.boxes.map(({ path, x, y, width, hasInside }) => {
            const machines = marks.counts?.get(path) ?? 0;
            return machines === 0 ? null : (
              <Badge key={path} x={x + width - 6} y={y + (hasInside ? 8 : 0)} machines={machines} />
            );
          })}
        </svg>
      </div>
    </div>
  );
}

function State({
  box,
  marks,
  largest,
  isFound,
}: {
  readonly box: Box;
  readonly marks: Marks;
  readonly largest: number;
  readonly isFound: boolean;
}) {
  const { x, y, width, height, name, type, isDeep, hasInside, path } = box;
  const { active, visited, counts, differs, selected, onSelect } = marks;
  const machines = counts?.get(path) ?? 0;
  const heat = machines === 0 ? 0 : 1 + Math.min(4, Math.floor((4 * machines) / largest));
  const classes = [
    "state",
    type,
    hasInside ? "outer" : "leaf",
    active?.has(path) === true ? "active" : "",
    visited?.has(path) === true ? "visited" : "",
    selected === path ? "selected" : "",
    differs?.get(path) ?? "",
    isFound ? "found" : "",
    hasInside ? "" : `heat${heat}`,
  ];
  if (type === "history") {
    return (
      <g class={classes.join(" ")}>
        <circle cx={x + width / 2} cy={y + height / 2} r={width / 2} class="box" />
        <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
          {isDeep ? "H*" : "H"}
        </text>
      </g>
    );
  }
  const isButton = onSelect !== undefined && path !== "";
  const choose = () => onSelect?.(path);
  const label = `${path === "" ? name : path}${active?.has(path) === true ? ", active" : ""}${machines > 0 ? `, ${machines} machines` : ""}`;
  return (
    <g
      class={classes.join(" ")}
      {...(isButton
        ? {
            role: "button",
            tabIndex: 0,
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
        <text x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
          {name}
        </text>
      )}
      {marks.onCollapse !== undefined && path !== "" && (hasInside || box.isCollapsed === true) && (
        <Fold box={box} onCollapse={marks.onCollapse} />
      )}
    </g>
  );
}

function Fold({ box, onCollapse }: { readonly box: Box; readonly onCollapse: (path: string) => void }) {
  const { x, y, path, isCollapsed } = box;
  const fold = (event: Event) => {
    event.stopPropagation();
    onCollapse(path);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class="fold"
      role="button"
      tabIndex={0}
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

function Badge({ x, y, machines }: { readonly x: number; readonly y: number; readonly machines: number }) {
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

function Arrow({ line, isLit }: { readonly line: Line; readonly isLit: boolean }) {
  const { points, label, isInitial } = line;
  return (
    <g class={isLit && !isInitial ? "arrow lit" : "arrow"}>
      {points.length > 1 && <path d={pathOf(points)} marker-end="url(#arrow)" />}
      {label?.lines.map((text, index) => (
        <text key={`${index} ${text}`} x={label.x} y={label.y + index * LINE_HEIGHT + 11}>
          {text}
        </text>
      ))}
    </g>
  );
}

/** States and all that are around them. */
export function withOuter(paths: Iterable<string>): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    const parts = path.split(".");
    for (let length = 1; length <= parts.length; length += 1) all.add(parts.slice(0, length).join("."));
  }
  return all;
}
