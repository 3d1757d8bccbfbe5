/** A definition: its statechart with how many machines are where, and the machines of a state, oldest first. */
import { useMemo, useState } from "preact/hooks";
import { ask, definitionPath, get, versionsOf } from "./api.ts";
import { Chart } from "./chart.tsx";
import { withOuter } from "./chart-path.ts";
import { closedAtFirst, savePng, useDrawing } from "./drawing.ts";
import { MachineTable } from "./find.tsx";
import { FlowPanel, flowOf, HeatChoice, heatMarks } from "./flow.tsx";
import { isSettled, linkTo, setQuery, useLoaded, useReady, useSlowly } from "./hooks.ts";
import { Copied, Fault, Json, Loading, Panel, quoted } from "./parts.tsx";

/** How machines move is a matter of minutes. */
const FLOW_MS = 2000;

export function Definition({
  id,
  query,
  tick,
}: {
  readonly id: string;
  readonly query: URLSearchParams;
  readonly tick: number;
}) {
  const state = query.get("state") ?? "";
  const document = useLoaded(`document ${id}`, 0, () => get<unknown>(definitionPath(id)));
  const closed = useMemo(
    () => (document.data === undefined ? null : closedAtFirst(document.data, state)),
    // A state that is chosen later leaves the drawing as it is.
    [document.data],
  );
  const drawing = useDrawing(id, query, closed);
  const counts = useLoaded(`counts ${id}`, tick, () => countsOf(id));
  const flow = useLoaded(`flow ${id}`, useSlowly(tick, FLOW_MS) ?? 0, () => flowOf(id));
  const heat = query.get("heat") ?? "";
  const fileName = id.replace(":", "-");
  const [isListed, setListed] = useState(false);
  const isReady = useReady(id, [document, drawing, counts, flow].every(isSettled));
  if (!isReady) return <Loading title={id} />;
  return (
    <>
      <Heading id={id} />
      <Fault error={document.error ?? drawing.error ?? counts.error ?? flow.error} />
      <Panel
        title="Statechart"
        aside={
          <span class="choice">
            <HeatChoice heat={heat} />
            <a href={`${drawing.path}&format=svg`} download={`${fileName}.svg`}>
              SVG
            </a>
            <button type="button" class="link" onClick={() => void savePng(drawing.path, fileName)}>
              PNG
            </button>
          </span>
        }
      >
        <Chart
          drawing={drawing.data}
          marks={(drawn) => ({
            counts: counts.data ?? new Map(),
            ...heatMarks(heat, drawn, flow.data),
            focus: query.get("focus") ?? "",
            onFocus: (focus) => setQuery("focus", focus),
            ...(state === "" ? {} : { selected: state }),
            onCollapse: drawing.onCollapse,
            onCollapseAll: drawing.onCollapseAll,
            onSelect: (path) => setQuery("state", path === state ? "" : path),
          })}
        />
      </Panel>
      {flow.data !== undefined && <FlowPanel flow={flow.data} />}
      <Panel title={state === "" ? "Machines" : `Machines in ${state}, longest there first`}>
        <MachineTable
          filter={{ definition: id, ...(state === "" ? {} : { state, olderThan: "0" }) }}
          tick={tick}
          query={query}
          onSettled={() => setListed(true)}
        />
      </Panel>
      {/* Behind the list, so that it does not move when that comes. */}
      {isListed && (
        <Panel title="Document">
          <Copied label="As redis-cli" text={`SM.DEF GET ${quoted(id)}`} />
          {document.data !== undefined && <Json value={document.data} />}
        </Panel>
      )}
    </>
  );
}

function Heading({ id }: { readonly id: string }) {
  const versions = useLoaded(`versions ${id}`, 0, () => versionsOf(id));
  if (!isSettled(versions)) return <h1>{id}</h1>;
  return (
    <h1>
      {id}
      <nav class="versions" aria-label="Versions">
        {versions.data?.definitions
          .filter((version) => version !== id)
          .map((version) => (
            <a key={version} href={linkTo("definition", version)}>
              {version.slice(version.lastIndexOf(":") + 1)}
            </a>
          ))}
        {(versions.data?.definitions.length ?? 0) > 1 && (
          <a href={linkTo("versions", id.replace(/:[^:]*$/, ""), { from: id })}>Compare</a>
        )}
        <a href={linkTo("try", "", { definition: id })}>Try</a>
      </nav>
    </h1>
  );
}

/** Machines by atomic state, and summed up in the states around them. */
async function countsOf(id: string): Promise<ReadonlyMap<string, number>> {
  const { count } = await get<{ count: Readonly<Record<string, number>> }>(
    `/api/v1/counts?by=state&definition=${encodeURIComponent(id)}`,
  );
  const outer = [...withOuter(Object.keys(count))].filter((path) => !(path in count));
  if (outer.length === 0) return new Map(Object.entries(count));
  const sums = await ask<readonly number[]>(
    "POST",
    "/api/v1/commands",
    outer.map((state) => ["SM.COUNT", "DEF", id, "STATE", state]),
  );
  return new Map([
    ...Object.entries(count),
    ...outer.map((state, index) => [state, sums[index] ?? 0] as const),
  ]);
}
