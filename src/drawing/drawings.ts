/**
 * Lays out statecharts in a thread of its own, one at a time, each within a time: a layout cannot be interrupted, and some
 * take half a minute. A definition never changes, so a drawing is made once and kept by what it is a drawing of.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { type ChartGraph, chartGraph, collapsed } from "./chart-graph.ts";
import { type ElkRoot, elkGraph } from "./elk-graph.ts";
import { type Drawing, drawingOf, plainDrawing } from "./geometry.ts";

const DEADLINE_MS = 15_000;
const DRAWINGS_MAX = 200;
/** Larger charts are not begun: their layout takes minutes. */
const STATES_MAX = 1000;
/** Who asks while so many wait is drawn plainly. */
const WAITING_MAX = 50;
/** The thread ends when nobody has asked for so long: it takes some memory. */
const IDLE_MS = 30_000;

/** Text, so that it runs as it is from sources and from what was built: the library is no module of ours. */
const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
const Elk = require(workerData.library);
const elk = new Elk();
parentPort.on("message", async (graph) => {
  try { parentPort.postMessage({ graph: await elk.layout(graph) }); }
  catch (error) { parentPort.postMessage({ fault: String(error && error.message || error) }); }
});`;

type Outcome = { readonly graph: ElkRoot } | { readonly fault: string };

export class Drawings {
  readonly #drawings = new Map<string, Promise<Drawing>>();
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * The drawing of what SM.DEF GRAPH says in JSON; `title` names a machine that has no id of its own, `closed` states whose inside is
   * left out.
   */
  drawingOf(json: string, title = "", closed: readonly string[] = []): Promise<Drawing> {
    const digest = createHash("sha256")
      .update(JSON.stringify([title, closed, json]))
      .digest("base64");
    const known = this.#drawings.get(digest);
    if (known !== undefined) return known;
    const made = this.#make(collapsed(chartGraph(JSON.parse(json), title), closed));
    this.#drawings.set(digest, made);
    for (const oldest of this.#drawings.keys()) {
      if (this.#drawings.size <= DRAWINGS_MAX) break;
      this.#drawings.delete(oldest);
    }
    // A plain drawing is not kept: with more time, or fewer waiting, the next may be better.
    void made.then(({ fault }) => fault !== undefined && this.#drawings.delete(digest));
    return made;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #make(graph: ChartGraph): Promise<Drawing> {
    if (graph.states.length > STATES_MAX) return plainDrawing(graph, `it has more than ${STATES_MAX} states`);
    if (this.#waiting >= WAITING_MAX) return plainDrawing(graph, "too many drawings are being made");
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#layOut(elkGraph(graph)));
    this.#last = turn;
    const outcome = await turn;
    this.#waiting -= 1;
    return "graph" in outcome ? drawingOf(graph, outcome.graph) : plainDrawing(graph, outcome.fault);
  }

  #layOut(graph: ElkRoot): Promise<Outcome> {
    clearTimeout(this.#idle);
    const worker = this.#worker ?? startWorker();
    this.#worker = worker;
    return new Promise((resolve) => {
      const finish = (outcome: Outcome, isLost: boolean): void => {
        clearTimeout(deadline);
        worker.off("message", onMessage);
        worker.off("error", onError);
        worker.off("exit", onExit);
        if (isLost) {
          // What a thread that is ended has to say interests nobody.
          worker.on("error", () => undefined);
          this.#worker = undefined;
          void worker.terminate();
        } else {
          this.#idle = setTimeout(() => void this.close(), IDLE_MS);
          this.#idle.unref();
        }
        resolve(outcome);
      };
      const onMessage = (outcome: Outcome) => finish(outcome, false);
      const onError = (error: Error) => finish({ fault: error.message }, true);
      const onExit = () => finish({ fault: "the layout ended" }, true);
      const deadline = setTimeout(
        () => finish({ fault: `the layout took longer than ${DEADLINE_MS / 1000} s` }, true),
        DEADLINE_MS,
      );
      worker.on("message", onMessage);
      worker.on("error", onError);
      worker.on("exit", onExit);
      worker.postMessage(graph);
    });
  }
}

function startWorker(): Worker {
  const library = createRequire(import.meta.url).resolve("elkjs/lib/elk.bundled.js");
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData: { library },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  worker.unref();
  return worker;
}
