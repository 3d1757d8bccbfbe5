/** Spans of OpenTelemetry: a task belongs to the trace of the change that has set it, and its answer to the task. */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { carts } from "./carts.ts";

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
});

afterAll(() => {
  trace.disable();
  context.disable();
});

test("worker() creates a span for each task, with the span that sent the event as parent", async () => {
  const { client, connection } = await carts();
  await client.create("c1", "cart");
  const sending = trace.getTracer("test").startSpan("checkout");
  await context.with(trace.setSpan(context.active(), sending), () => client.send("c1", "PAY"));
  sending.end();
  let tries = 0;
  const worker = await client.worker(
    "charge",
    async () => {
      tries += 1;
      if (tries === 1) throw new Error("no connection to the bank");
      return { ok: true };
    },
    { onError: () => undefined, backoff: { delayMs: 1 } },
  );
  const waiting = connection.duplicate();
  await waiting.call("SM.WAIT", "c1", "STATE", "paid", 20_000);
  waiting.disconnect();
  await worker.stop();

  const spans = exporter.getFinishedSpans().filter(({ name }) => name === "process charge");
  const { traceId, spanId } = sending.spanContext();
  expect(spans.map((span) => [span.spanContext().traceId, span.parentSpanContext?.spanId])).toEqual([
    [traceId, spanId],
    [traceId, spanId],
  ]);
  expect(spans.map(({ status }) => status.message)).toEqual(["no connection to the bank", undefined]);
  expect(spans.map(({ attributes }) => attributes["detent.task.attempt"])).toEqual([1, 2]);
  const [, paying, paid] = await client.history("c1");
  expect(paying?.trace).toBe(`00-${traceId}-${spanId}-01`);
  expect(paid?.trace).toBe(`00-${traceId}-${spans[1]?.spanContext().spanId}-01`);
});

test("send() sends no trace where no span is active", async () => {
  const { client } = await carts();
  await client.create("c1", "cart");
  await client.send("c1", "ADD", { by: 1 });
  expect((await client.history("c1")).map((entry) => entry.trace)).toEqual([null, null]);
});
