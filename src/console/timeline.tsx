/** What a machine has been through: a slider over its revisions, and the entries around the one that is shown. */
import { useEffect, useState } from "preact/hooks";
import type { HistoryEntry } from "./api.ts";
import { eventName } from "./event-name.ts";
import { duration, Panel } from "./parts.tsx";
import { staysOf, stripOf } from "./stays.ts";

const ROWS = 40;
/** How long a revision is shown while the history is played. */
const PLAY_MS = 800;
/** The strip is drawn so wide, and stretched to its place. */
const STRIP = { width: 1200, height: 10, colours: 6 };
const STAYS = 6;

export function Timeline({
  entries,
  shown,
  onShow,
}: {
  readonly entries: readonly HistoryEntry[];
  readonly shown: number;
  readonly onShow: (rev: number) => void;
}) {
  const revs = entries.map(({ rev }) => rev);
  const [first = 0, last = 0] = [revs[0], revs.at(-1)];
  const at = entries.findLastIndex(({ rev }) => rev <= shown);
  const from = Math.max(0, Math.min(at - ROWS / 2, entries.length - ROWS));
  const { isPlaying, toggle } = usePlaying(revs, at, onShow);
  return (
    <Panel title="History">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside do the same */}
      <div
        class="slider"
        onKeyDown={(event) => {
          if (event.target instanceof HTMLButtonElement || event.key !== " ") return;
          event.preventDefault();
          toggle();
        }}
      >
        <button type="button" disabled={entries.length < 2} aria-pressed={isPlaying} onClick={toggle}>
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button
          type="button"
          disabled={shown <= first}
          onClick={() => onShow(revs[at - 1] ?? first)}
          aria-label="Earlier"
        >
          ‹
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(0, entries.length - 1)}
          value={Math.max(0, at)}
          aria-label="Revision"
          aria-valuetext={`rev ${shown}`}
          onInput={(event) => onShow(revs[Number(event.currentTarget.value)] ?? last)}
        />
        <button
          type="button"
          disabled={shown >= last}
          onClick={() => onShow(revs[at + 1] ?? last)}
          aria-label="Later"
        >
          ›
        </button>
        <output>{`rev ${shown} of ${last}`}</output>
      </div>
      <Stretches entries={entries} shown={shown} />
      <table class="history">
        <Head />
        <tbody>
          {entries
            .slice(from, from + ROWS)
            .map((entry, index) => (
              <Row
                key={`${entry.rev} ${entry.at} ${entry.kind}`}
                entry={entry}
                previous={entries[from + index - 1]}
                isShown={from + index === at}
                onShow={onShow}
              />
            ))
            .toReversed()}
        </tbody>
      </table>
    </Panel>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col" class="number">
          Rev
        </th>
        <th scope="col">When</th>
        <th scope="col" class="number">
          After
        </th>
        <th scope="col">What</th>
        <th scope="col">From → to</th>
        <th scope="col">By</th>
        <th scope="col">Changed</th>
      </tr>
    </thead>
  );
}

/** Shows one revision after the other, from the first one on when the last one is shown. */
function usePlaying(revs: readonly number[], at: number, onShow: (rev: number) => void) {
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    if (!isPlaying) return;
    const next = revs[at + 1];
    if (next === undefined) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onShow(next), PLAY_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, at, revs.length]);
  const toggle = () => {
    const [first] = revs;
    if (!isPlaying && at === revs.length - 1 && first !== undefined) onShow(first);
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle } as const;
}

/** How long it was in its states: a strip with a piece for each entry, and the sums. */
function Stretches({
  entries,
  shown,
}: {
  readonly entries: readonly HistoryEntry[];
  readonly shown: number;
}) {
  if (entries.length < 2) return null;
  const nowMs = Date.now();
  const stays = staysOf(entries, nowMs);
  const colourOf = (state: string) => stays.findIndex((stay) => stay.state === state) % STRIP.colours;
  const text = stays.slice(0, STAYS).map(({ state, ms }) => `${state || "none"} ${duration(ms)}`);
  return (
    <>
      <svg
        class="strip"
        viewBox={`0 0 ${STRIP.width} ${STRIP.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Time in each state: ${text.join(", ")}`}
      >
        {stripOf(entries, nowMs, STRIP.width).map(({ rev, state, ms, x, width }) => (
          <rect
            key={rev}
            class={`c${colourOf(state)}${rev === shown ? " shown" : ""}`}
            x={x}
            y={0}
            width={width}
            height={STRIP.height}
          >
            <title>{`rev ${rev}: ${state}, ${duration(ms)}`}</title>
          </rect>
        ))}
      </svg>
      <ul class="stays" aria-label="Time in each state">
        {stays.slice(0, STAYS).map(({ state, ms }) => (
          <li key={state}>
            <span class={`swatch c${colourOf(state)}`} /> {state || "none"} <b>{duration(ms)}</b>
          </li>
        ))}
        {stays.length > STAYS && <li>and {stays.length - STAYS} more</li>}
      </ul>
    </>
  );
}

function Row({
  entry,
  previous,
  isShown,
  onShow,
}: {
  readonly entry: HistoryEntry;
  readonly previous: HistoryEntry | undefined;
  readonly isShown: boolean;
  readonly onShow: (rev: number) => void;
}) {
  const { rev, at, kind, event, from, to, by, reason, context, data } = entry;
  const name = event === null ? kind : eventName(event);
  const hasContext = context !== null && JSON.stringify(context) !== "{}";
  return (
    <tr class={isShown ? "shown" : ""} aria-current={isShown ? "step" : undefined}>
      <td class="number">
        <button type="button" class="link" onClick={() => onShow(rev)}>
          {rev}
        </button>
      </td>
      <td class="when" title={new Date(at).toISOString()}>
        {shortTime(at)}
      </td>
      <td class="number">{previous === undefined ? "" : duration(at - previous.at)}</td>
      <td>
        <b>{name}</b> {event !== null && kind !== "event" && <small>{kind}</small>}
        {reason !== null && (
          <small class={kind === "failed" || kind === "refused" ? "bad" : ""}> “{reason}”</small>
        )}
      </td>
      <td>{from.join() === to.join() ? to.join(", ") : `${from.join(", ")} → ${to.join(", ")}`}</td>
      <td>{by ?? ""}</td>
      <td>
        {hasContext && <code>{JSON.stringify(context)}</code>}
        {data !== null && !hasContext && <code class="quiet">{JSON.stringify(data)}</code>}
      </td>
    </tr>
  );
}

/** The time of day, with the date where it is another day. */
function shortTime(at: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === new Date().toDateString()
    ? time
    : `${date.toLocaleDateString("en-CA")} ${time}`;
}
