/** Definitions as drawings: their boxes and lines with places, and SVG. Laid out once, and without holding others. */
import type { Hono } from "hono";
import { svgOf } from "../drawing/svg.ts";
import type { Access } from "./access.ts";
import { AnswerError } from "./answer.ts";
import { type Env, type HttpContext, withSession } from "./app-context.ts";
import { accepted, Problem } from "./problem.ts";

export function addDrawings(app: Hono<Env>, access: Access): void {
  const serve = (context: HttpContext) =>
    withSession(context, access, async (session) => {
      const [name, version] = [context.req.param("name") ?? "", context.req.param("version")];
      const id = version === undefined ? name : `${name}:${version}`;
      const json = accepted(await session.run(["SM.DEF", "GRAPH", id, "JSON"]));
      if (typeof json !== "string") throw new Problem(new AnswerError("NODEF there is no such definition"));
      const drawing = await access.drawings.drawingOf(json, name);
      const isSvg = context.req.query("format") === "svg";
      return new Response(isSvg ? svgOf(drawing) : JSON.stringify(drawing), {
        headers: {
          "content-type": isSvg ? "image/svg+xml" : "application/json",
          "cache-control": "no-store",
        },
      });
    });
  app.get("/api/v1/definitions/:name/drawing", serve);
  app.get("/api/v1/definitions/:name/:version/drawing", serve);
}
