/** The body of a request: its type, its size and its JSON. */
import type { Json } from "../base/json.ts";
import { JsonFault, JsonScanner } from "../base/json-scanner.ts";
import { badRequest } from "./problem.ts";

/**
 * The text of a JSON body; undefined when there is none. A form of another page cannot send this type without asking
 * first, which it is not allowed to.
 * @throws Problem 413, 415, 422
 */
export async function bodyText(request: Request, bytesMax: number): Promise<string | undefined> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null || length === "0") return undefined;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  const isJson = type === "application/json" || type?.endsWith("+json") === true;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  if (!isJson) throw badRequest(415, "the body must be JSON: set content-type to application/json");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw badRequest(422, "the body is not UTF-8");
  }
}

function tooLarge(bytesMax: number) {
  return badRequest(413, `the body is longer than ${bytesMax} bytes (http-body-bytes-max)`);
}

/** @throws Problem 422 */
export function parseBody(text: string): Json {
  try {
    // Whatever JSON.parse returns is a JSON value.
    return JSON.parse(text) as Json;
  } catch (error) {
    throw badRequest(422, `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The members of a JSON object in their order, values as the texts they were sent as, so that each number stays what it
 * is; none when the text is another value.
 * @throws Problem 422
 */
export function rawMembers(text: string): ReadonlyArray<readonly [name: string, raw: string]> {
  const members: Array<[string, string]> = [];
  try {
    const scanner = new JsonScanner(text);
    if (scanner.peek() !== "object") return members;
    scanner.object((name) => {
      const start = scanner.offset;
      scanner.skip();
      members.push([name, text.slice(start, endOf(text, scanner))]);
    });
  } catch (error) {
    if (error instanceof JsonFault) throw badRequest(422, `the body is not JSON: ${error.message}`);
    throw error;
  }
  return members;
}

/** Where the value ends that has been read: before the space in front of the next token. */
function endOf(text: string, scanner: JsonScanner): number {
  let end = scanner.offset;
  while (end > 0 && /[ \t\n\r]/.test(text.charAt(end - 1))) end -= 1;
  return end;
}
