/** A statechart as the server has laid it out, with what is active, counted or chosen marked on it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Drawing } from "../drawing/geometry.ts";
import type { Marks } from "./chart-marks.ts";
import { Picture } from "./chart-picture.tsx";
import { center, FocusChoice, FoldAll, FullScreen, useFullScreen, Zooming } from "./chart-tools.tsx";
import { sizeOf, useZoom } from "./chart-zoom.ts";
import { Minimap } from "./minimap.tsx";

/** Drawings with more boxes can be searched. */
const SEARCH_FROM = 12;

/** A drawing, or the room for one that is not there yet: what is below does not move when it is. */
export function Chart({
  drawing,
  marks,
}: {
  readonly drawing: Drawing | undefined;
  readonly marks: (drawing: Drawing) => Marks;
}) {
  const wasLate = useRef(false);
  if (drawing === undefined) {
    wasLate.current = true;
    return (
      <div class="chart framed drawing">
        <p class="hint">Drawing …</p>
      </div>
    );
  }
  return <Drawn drawing={drawing} marks={marks(drawing)} isFramed={wasLate.current} />;
}

function Drawn({
  drawing,
  marks,
  isFramed,
}: {
  readonly drawing: Drawing;
  readonly marks: Marks;
  readonly isFramed: boolean;
}) {
  const { zoom, step, fit } = useZoom();
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
    <div class={`chart ${isFramed ? "framed" : ""}`} ref={frame}>
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
        <Zooming zoom={zoom} step={step} fit={fit} />
        <FullScreen frame={frame} isWhole={isWhole} />
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
        <Picture
          {...{ drawing, marks, size: sizeOf(drawing, zoom) }}
          found={new Set(found.map(({ path }) => path))}
        />
      </div>
      <Minimap drawing={drawing} canvas={canvas} zoom={zoom} />
    </div>
  );
}
