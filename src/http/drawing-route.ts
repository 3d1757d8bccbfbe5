/** Definitions as drawings: their boxes and lines with places, and SVG. Laid out once, and without holding others. */
import type { Hono } from "hono";
import { isJsonObject } from "../base/json.ts";
import { svgOf } from "../drawing/svg.ts";
import type { Access } from "./access.ts";
import { AnswerError } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { bodyText, parseBody } from "./body.ts";
import { accepted, badRequest, Problem } from "./problem.ts";

/** States that are drawn without their inside. */
const COLLAPSED_MAX = 200;

export function addDrawings(app: Hono<Env>, access: Access): void {
  const serve = (context: HttpContext) =>
    withSession(context, access, async (session) => {
      const [name, version] = [context.req.param("name") ?? "", context.req.param("version")];
      const id = version === undefined ? name : `${name}:${version}`;
      const json = accepted(await session.run(["SM.DEF", "GRAPH", id, "JSON"]));
      if (typeof json !== "string") throw new Problem(new AnswerError("NODEF there is no such definition"));
      const closed = (context.req.queries("collapsed") ?? []).filter((path) => path !== "");
      const drawing = await access.drawings.drawingOf(json, name, closed.slice(0, COLLAPSED_MAX).sort());
      const isSvg = context.req.query("format") === "svg";
      return new Response(isSvg ? svgOf(drawing) : JSON.stringify(drawing), {
        headers: {
          "content-type": isSvg ? "image/svg+xml" : "application/json",
          "cache-control": "no-store",
        },
      });
    });
  // Of a definition that is not stored: the page that edits one sends what SM.DEF GRAPH would say of it.
  app.post("/api/v1/drawings", (context) =>
    withSession(context, access, async () => {
      const text = await bodyText(context.req.raw, access.server.config.get("http-body-bytes-max"));
      const body = parseBody(text ?? "");
      const { graph, title = "" } = isJsonObject(body) ? body : {};
      if (!isJsonObject(graph) || typeof title !== "string")
        throw badRequest(
          422,
          'the body is {"graph": …, "title": "…"}, the graph as SM.DEF GRAPH has it in JSON',
        );
      const drawing = await access.drawings.drawingOf(JSON.stringify(graph), title);
      return context.body(JSON.stringify(drawing), 200, {
        "content-type": "application/json",
        "cache-control": "no-store",
      });
    }),
  );
  app.get("/api/v1/definitions/:name/drawing", serve);
  app.get("/api/v1/definitions/:name/:version/drawing", serve);
}
