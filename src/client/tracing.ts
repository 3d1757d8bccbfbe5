/**
 * OpenTelemetry, where the program has it: `@opentelemetry/api` is not a dependency. Without it, or without an SDK
 * behind it, nothing is traced and nothing fails.
 */
import { createRequire } from "node:module";
import type { Context, Span, SpanContext } from "@opentelemetry/api";

type Api = typeof import("@opentelemetry/api");

let loaded: Api | null | undefined;

/** The package, if the program has installed it. It keeps its providers in the process, so any copy of it serves. */
function api(): Api | null {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)("@opentelemetry/api") as Api;
    } catch {
      loaded = null;
    }
  }
  return loaded;
}

/** The `traceparent` of the span that is active where this is called; undefined where there is none. */
export function activeTrace(): string | undefined {
  const otel = api();
  const context = otel?.trace.getActiveSpan()?.spanContext();
  return context === undefined || otel?.isSpanContextValid(context) !== true ? undefined : written(context);
}

/** What is known of a task when its span begins. */
export interface TracedTask {
  readonly name: string;
  readonly id: string;
  readonly key: string;
  readonly attempt: number;
  /** The `traceparent` of the change that has set the task. */
  readonly trace: string | undefined;
}

/**
 * Runs a task within a span whose parent is the trace of the change that has set it. What the task sends meanwhile, its
 * answer too, belongs to that span. A failure is recorded in it and thrown on.
 */
export async function withTaskSpan<Result>(task: TracedTask, run: () => Promise<Result>): Promise<Result> {
  const otel = api();
  if (otel === null) return await run();
  const parent = parentOf(otel, task.trace);
  const options = {
    kind: otel.SpanKind.CONSUMER,
    attributes: {
      "messaging.system": "detent",
      "messaging.operation.type": "process",
      "messaging.destination.name": `sm:tasks:${task.name}`,
      "messaging.message.id": task.id,
      "detent.machine.key": task.key,
      "detent.task.attempt": task.attempt,
    },
  };
  return await otel.trace
    .getTracer("detent")
    .startActiveSpan(`process ${task.name}`, options, parent, async (span) => {
      try {
        return await run();
      } catch (error) {
        failed(otel, span, error);
        throw error;
      } finally {
        span.end();
      }
    });
}

function failed(otel: Api, span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error) span.recordException(error);
  span.setStatus({ code: otel.SpanStatusCode.ERROR, message });
}

function parentOf(otel: Api, trace: string | undefined): Context {
  const context = readTrace(trace);
  return context === undefined
    ? otel.context.active()
    : otel.trace.setSpanContext(otel.ROOT_CONTEXT, context);
}

function readTrace(trace: string | undefined): SpanContext | undefined {
  const [, traceId = "", spanId = "", flags = ""] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(trace ?? "") ?? [];
  return traceId === ""
    ? undefined
    : { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function written({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
