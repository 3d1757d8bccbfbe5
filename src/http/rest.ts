/** The REST interface: each operation as a route. */
import type { Hono } from "hono";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { findByFullName } from "../catalogue/catalogue.ts";
import type { Access } from "./access.ts";
import { type Answer, AnswerError, isMap, jsonOf, RawJson } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { CORRECTION_OPERATIONS } from "./correction-operations.ts";
import { DEFINITION_OPERATIONS } from "./definition-operations.ts";
import { type Gathered, whole, withMissing } from "./gathered.ts";
import type { HttpSession } from "./http-session.ts";
import { inputOf } from "./input.ts";
import { MACHINE_OPERATIONS } from "./machine-operations.ts";
import { type Input, type Operation, pathParameters, requestOf, withJson } from "./operation.ts";
import { accepted, badRequest, Problem, statusOf } from "./problem.ts";

/** The operations there are: those whose command this server has. */
export function operationsOf(catalogue: Catalogue): readonly Operation[] {
  return [...DEFINITION_OPERATIONS, ...MACHINE_OPERATIONS, ...CORRECTION_OPERATIONS].filter(
    ({ command }) => findByFullName(catalogue, command) !== undefined,
  );
}

export function addOperations(app: Hono<Env>, access: Access): void {
  for (const operation of operationsOf(access.server.catalogue)) {
    app.on(operation.method, honoPath(operation.path), (context) => serve(context, access, operation));
  }
}

/** Answers what is asked in another way than its path knows. To be added behind all routes. */
export function addMethodsNotAllowed(
  app: Hono<Env>,
  routes: ReadonlyArray<{ readonly method: string; readonly path: string }>,
): void {
  const methods = new Map<string, string[]>();
  for (const { method, path } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  for (const [path, allowed] of methods) {
    app.all(honoPath(path), (context) => {
      const allow = [...new Set(allowed)].join(", ");
      throw badRequest(405, `${context.req.method} is not possible here; ${allow}`, { allow });
    });
  }
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function serve(context: HttpContext, access: Access, operation: Operation): Promise<Response> {
  return withSession(context, access, async (session) => {
    const path = new Map(pathParameters(operation.path).map((name) => [name, context.req.param(name) ?? ""]));
    const bodyBytesMax = access.server.config.get("http-body-bytes-max");
    const input = await inputOf(operation, context.req.raw, { path, bodyBytesMax });
    const { answer, missing } = await answerTo(operation, input, session);
    return responseOf(operation, answer, missing, input);
  });
}

async function answerTo(operation: Operation, input: Input, session: HttpSession): Promise<Gathered> {
  const request = requestOf(operation, input);
  const asked = operation.ask?.(request, input, session) ?? session.run(request).then(whole);
  const { answer, missing } = await asked;
  if (answer instanceof AnswerError) {
    const isRefusal = statusOf(answer) === 409;
    const extensions = isRefusal ? await operation.explain?.(input, session) : undefined;
    throw new Problem(answer, extensions === undefined ? {} : { extensions });
  }
  const refined = accepted(
    operation.refine === undefined ? answer : await operation.refine(answer, input, session),
  );
  if (refined === null && operation.absent !== undefined) {
    const [code, detail] = operation.absent;
    throw new Problem(new AnswerError(`${code} ${detail}`));
  }
  return { answer: operation.json === undefined ? refined : withJson(refined, operation.json), missing };
}

function responseOf(
  { member, status = 200, mediaType }: Operation,
  answer: Answer,
  missing: Gathered["missing"],
  input: Input,
): Response {
  const headers = { "cache-control": "no-store" };
  if (status === 204) return new Response(null, { status, headers });
  if (mediaType !== undefined) {
    const text =
      answer instanceof RawJson ? answer.text : typeof answer === "string" ? answer : jsonOf(answer);
    return new Response(text, { status, headers: { ...headers, "content-type": mediaType(input) } });
  }
  const body = member === undefined ? answer : new Map([[member, answer]]);
  const value = isMap(body) ? withMissing(body, missing) : body;
  return new Response(`${jsonOf(value)}\n`, {
    status,
    headers: { ...headers, "content-type": "application/json" },
  });
}
