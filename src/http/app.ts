/** The routes of the HTTP interface, and what holds for all of them: who may ask, what goes wrong, which headers. */
import { Hono } from "hono";
import type { OnFault } from "../server/faults.ts";
import { type Access, assertOwnPage, originAllowed } from "./access.ts";
import { addAllowed } from "./allowed-route.ts";
import { type Env, withSession } from "./app-context.ts";
import { addChanges } from "./changes.ts";
import { addCommands } from "./commands-route.ts";
import { addConsole } from "./console-route.ts";
import { addDrawings } from "./drawing-route.ts";
import { addDurable } from "./durable.ts";
import { addEffects } from "./effects-route.ts";
import { addExport } from "./export-route.ts";
import { addFailures } from "./failures-route.ts";
import { addFlow } from "./flow-route.ts";
import { addJobs } from "./jobs-route.ts";
import { addLogin } from "./login.ts";
import { addMcp } from "./mcp-route.ts";
import { type Metrics, metricsOf } from "./metrics.ts";
import { addOpenApi } from "./openapi.ts";
import { OTHER_ROUTES } from "./other-paths.ts";
import { addOverview } from "./overview-route.ts";
import { accepted, badRequest, Problem, problemResponse } from "./problem.ts";
import { addMethodsNotAllowed, addOperations, operationsOf } from "./rest.ts";
import { addStreams } from "./streams-route.ts";

export interface AppOptions extends Access {
  /** Takes an error that no client has caused, and gives the error that its client gets. */
  readonly onFault: OnFault;
  /** True while the server takes requests. */
  readonly isServing: () => boolean;
}

/** What a page may load and who may show it: nothing but ours, and nobody. */
const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error) => problemResponse(problemOf(error, options)));
  app.notFound((context) =>
    problemResponse(
      badRequest(404, `there is no ${context.req.path}; /api/v1/openapi.json lists what there is`),
    ),
  );
  app.use("*", async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  });
  health(app, options);
  app.use("*", async (context, next) => {
    assertOwnPage(context.req.raw, options.server);
    await next();
  });
  crossOrigin(app, options);
  metrics(app, options, metricsOf(options.server));
  addDrawings(app, options);
  addFlow(app, options);
  addOverview(app, options);
  addExport(app, options);
  addEffects(app, options);
  addOperations(app, options);
  addCommands(app, options);
  addAllowed(app, options);
  addFailures(app, options);
  addStreams(app, options);
  addJobs(app, options);
  addLogin(app, options);
  addChanges(app, options);
  addOpenApi(app, options);
  addMcp(app, options);
  addDurable(app, options);
  addConsole(app);
  addMethodsNotAllowed(app, [...operationsOf(options.server.catalogue), ...OTHER_ROUTES]);
  return app;
}

function problemOf(error: unknown, { onFault }: AppOptions): Problem {
  if (error instanceof Problem) return error;
  const { message } = onFault(error);
  return badRequest(500, message.replace(/^ERR /, ""));
}

/** For probes, which have no password: nothing is said but whether it works. */
function health(app: Hono<Env>, { server, isServing }: AppOptions): void {
  const noStore = { "cache-control": "no-store" };
  app.get("/healthz", (context) => context.text("ok\n", 200, noStore));
  app.get("/readyz", (context) => {
    if (!isServing()) return context.text("the server is ending\n", 503, noStore);
    if (server.partitions.failure !== undefined)
      return context.text("the store takes no writes\n", 503, noStore);
    return context.text("ok\n", 200, noStore);
  });
}

/** Pages of the origins that are allowed: what browsers ask before they ask, and what they want to read in answers. */
function crossOrigin(app: Hono<Env>, { server }: AppOptions): void {
  app.use("*", async (context, next) => {
    const origin = context.req.header("origin");
    const allowed = server.config.get("http-cors-origins");
    const isAllowed = origin !== undefined && originAllowed(origin, allowed);
    if (isAllowed && context.req.method === "OPTIONS") {
      context.res = new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
          "access-control-allow-headers": "authorization, content-type, last-event-id",
          "access-control-max-age": "600",
        },
      });
    } else await next();
    context.res.headers.append("vary", "origin");
    if (!isAllowed) return;
    context.res.headers.set("access-control-allow-origin", origin);
    context.res.headers.set("cross-origin-resource-policy", "cross-origin");
  });
}

function metrics(app: Hono<Env>, access: Access, { contentType, text }: Metrics): void {
  app.get("/metrics", (context) =>
    withSession(context, access, async (session) => {
      // Who may read the figures of INFO may read these.
      accepted(await session.run(["INFO", "server"]));
      return context.body(await text(), 200, { "content-type": contentType, "cache-control": "no-store" });
    }),
  );
}
