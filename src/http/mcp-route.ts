/**
 * /mcp: the Model Context Protocol, for language models (`http-mcp`). Each request is a session of its own with the rights of its
 * user; commands are tools, and a refusal is a result that says what the machine accepts. The library is loaded with the first request.
 */
import type { Hono } from "hono";
import type { JsonObject } from "../base/json.ts";
import { DETENT_VERSION } from "../commands/versions.ts";
import type { Access } from "./access.ts";
import { type Answer, AnswerError, isList, isMap, jsonOf } from "./answer.ts";
import { type Env, withSession } from "./app-context.ts";
import type { HttpSession } from "./http-session.ts";
import { type Tool, toolsOf } from "./mcp-tools.ts";
import { badRequest, statusOf } from "./problem.ts";

export const MCP_PATH = "/mcp";
const REFUSED = 409;
const NO_SUCH_TOOL = -32602;

const INSTRUCTIONS =
  "Detent hosts state machines. Find machines with sm_scan and sm_count, understand one with sm_info, sm_history, sm_next and sm_why, " +
  "move it with sm_send. An event that is refused comes back with the events that are accepted.";

type Library = typeof import("@modelcontextprotocol/server");

export function addMcp(app: Hono<Env>, access: Access): void {
  const { config, catalogue, clock } = access.server;
  let library: Promise<Library> | undefined;
  let tools: ReadonlyMap<string, Tool> | undefined;
  app.all(MCP_PATH, async (context) => {
    if (!config.get("http-mcp"))
      throw badRequest(404, "the Model Context Protocol is switched off (http-mcp no)");
    library ??= import("@modelcontextprotocol/server");
    tools ??= new Map(toolsOf(catalogue).map((tool) => [tool.name, tool]));
    const [loaded, known] = [await library, tools];
    return withSession(context, access, async (session) => {
      const handler = loaded.createMcpHandler(() => serverOf(loaded, known, session), {
        maxRequestBodySize: config.get("http-body-bytes-max"),
      });
      // A stream that does not end of itself, such as a subscription, ends then.
      const end = () => void handler.close();
      const cancel = clock.wakeAt(clock.now() + config.get("http-wait-seconds-max") * 1000, end);
      context.req.raw.signal.addEventListener("abort", end);
      try {
        const { body, status, headers } = await taken(await handler.fetch(context.req.raw));
        return new Response(body, { status, headers });
      } finally {
        cancel();
        context.req.raw.signal.removeEventListener("abort", end);
        await handler.close();
      }
    });
  });
}

/** The whole answer: the session ends with the request. */
async function taken(response: Response) {
  return { body: await response.arrayBuffer(), status: response.status, headers: response.headers };
}

function serverOf(
  { Server, ProtocolError }: Library,
  tools: ReadonlyMap<string, Tool>,
  session: HttpSession,
) {
  const server = new Server(
    { name: "detent", version: DETENT_VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({
    tools: [...tools.values()].map(({ name, description, inputSchema, isReadOnly }) => ({
      ...{ name, description, inputSchema: { ...inputSchema } },
      annotations: { readOnlyHint: isReadOnly },
    })),
  }));
  server.setRequestHandler("tools/call", async ({ params }) => {
    const tool = tools.get(params.name);
    if (tool === undefined)
      throw new ProtocolError(NO_SUCH_TOOL, `there is no tool '${params.name.slice(0, 64)}'`);
    // The library has read it as JSON.
    return call(session, tool, (params.arguments ?? {}) as JsonObject);
  });
  return server;
}

async function call(session: HttpSession, tool: Tool, input: JsonObject) {
  const odd = Object.keys(input).find((name) => !Object.hasOwn(tool.inputSchema.properties, name));
  if (odd !== undefined)
    return failed(new AnswerError(`ERR ${tool.name} has no argument '${odd.slice(0, 64)}'`));
  const answer = await session.run(tool.words(input));
  if (!(answer instanceof AnswerError)) return { content: [{ type: "text" as const, text: jsonOf(answer) }] };
  const { key } = input;
  const accepted =
    statusOf(answer) === REFUSED && typeof key === "string" ? await acceptedBy(session, key) : undefined;
  return failed(answer, accepted);
}

function failed({ code, detail }: AnswerError, accepted?: readonly Answer[]) {
  const body = new Map<string, Answer>([
    ["code", code],
    ["detail", detail],
    ...(accepted === undefined ? [] : ([["accepted", accepted]] as const)),
  ]);
  return { isError: true, content: [{ type: "text" as const, text: jsonOf(body) }] };
}

async function acceptedBy(session: HttpSession, key: string): Promise<readonly Answer[]> {
  const next = await session.run(["SM.NEXT", key]);
  const events = isList(next) ? next.flatMap((one) => (isMap(one) ? [one.get("event") ?? null] : [])) : [];
  return [...new Set(events)];
}
