/** What the page of a machine shows, loaded. */

import type { Drawing } from "../drawing/geometry.ts";
import { actionsOf, commandsOf } from "./actions.tsx";
import {
  get,
  type HistoryEntry,
  type MachineInfo,
  machinePath,
  type PendingEntry,
  versionsOf,
} from "./api.ts";
import type { Question } from "./confirm.tsx";
import { useDrawing } from "./drawing.ts";
import type { NextEvent } from "./events.tsx";
import type { Relations } from "./family-lines.ts";
import { isSettled, useAllowed, useLoaded, useReady } from "./hooks.ts";

/** The machine now, what it has been through and what waits, with its definition drawn. */
export function useMachine(machineKey: string, query: URLSearchParams, tick: number) {
  const path = machinePath(machineKey);
  const now = useLoaded(`machine ${machineKey}`, tick, () => get<MachineInfo & Relations>(path));
  const history = useLoaded(`history ${machineKey}`, tick, () =>
    get<{ history: readonly HistoryEntry[] }>(`${path}/history?newestFirst=true&count=1000`),
  );
  const pending = useLoaded(`pending ${machineKey}`, tick, () =>
    get<{ pending: readonly PendingEntry[] }>(`${path}/pending`),
  );
  const next = useLoaded(`next ${machineKey}`, tick, () =>
    get<{ next: readonly NextEvent[] }>(`${path}/next`),
  );
  const definition = now.data?.definition ?? "";
  const drawing = useDrawing(definition, query);
  const versions = useLoaded(`versions ${definition}`, 0, async () =>
    definition === "" ? undefined : versionsOf(definition),
  );
  const reload = () => {
    for (const part of [now, history, pending, next]) part.reload();
  };
  const isChartThere = definition === "" || (isSettled(drawing) && isSettled(versions));
  const isThere = [now, history, pending, next].every(isSettled) && isChartThere;
  return { path, now, history, pending, next, definition, drawing, versions, reload, isThere } as const;
}

/** The machine as it was at the revision that the address names; undefined where that is the newest, or none. */
export function usePast(machineKey: string, query: URLSearchParams, newest: number | undefined) {
  const wanted = Number(query.get("rev") ?? 0);
  const isPast = wanted > 0 && newest !== undefined && wanted < newest;
  const past = useLoaded(`past ${machineKey} ${isPast ? wanted : 0}`, 0, async () =>
    isPast ? get<MachineInfo & Relations>(`${machinePath(machineKey)}?rev=${wanted}`) : undefined,
  );
  return { past, isPast, shown: isPast ? wanted : (newest ?? 0) } as const;
}

/** The actions that there are, and which of them the user may take. */
export function useActions(
  machineKey: string,
  { now, drawing, versions, definition, isThere }: ReturnType<typeof useMachine>,
  rev: number | undefined,
) {
  const questions: readonly Question[] =
    now.data === undefined
      ? []
      : actionsOf(machineKey, now.data, {
          rev,
          states: drawing.data?.boxes.filter(isEnterable).map(({ path }) => path) ?? [],
          versions: versions.data?.definitions.filter((id) => id !== definition) ?? [],
        });
  const allowed = useAllowed(commandsOf(questions));
  const isReady = useReady(machineKey, isThere && allowed.length === questions.length);
  return { questions, allowed, isReady } as const;
}

/** A state in which a machine may be put. */
function isEnterable({ path, type, hasInside }: Drawing["boxes"][number]): boolean {
  return path !== "" && type !== "history" && !hasInside;
}
