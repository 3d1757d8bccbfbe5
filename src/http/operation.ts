/**
 * What an operation of the REST interface is: a route, the command behind it, and how a request of the one becomes a
 * request of the other. Routes, checks of what comes in, and the OpenAPI document are all made of this.
 */
import type { Answer } from "./answer.ts";
import { isList, isMap, RawJson } from "./answer.ts";
import type { Gathered } from "./gathered.ts";
import type { HttpSession } from "./http-session.ts";

export type FieldType = "string" | "integer" | "boolean" | "json" | "strings" | "choice";

/** A field of a body, or a parameter of the query. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly description: string;
  readonly isRequired?: boolean;
  /** The option of the command that the value stands behind; for a boolean the option itself. Without one it is an argument. */
  readonly token?: string;
  /** Of a choice. */
  readonly choices?: readonly string[];
  /** Used where the field is absent. */
  readonly fallback?: string;
}

/** What a request has brought, checked: texts of values by the names of path parameters and fields. */
export interface Input {
  /** A json field is its text as it was sent; a boolean "true" or "false". */
  readonly values: ReadonlyMap<string, string | readonly string[]>;
  /** The text of a body that is one document. */
  readonly document: string;
  readonly headers: Headers;
}

export type Arguments = readonly string[];

export interface Operation {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** With path parameters in braces. */
  readonly path: string;
  readonly id: string;
  /** The command's name in commands.json: what the operation does, who may do it, what it answers. */
  readonly command: string;
  readonly summary?: string;
  /** Words that stand behind the arguments, whatever was asked. */
  readonly words?: readonly string[];
  readonly query?: readonly Field[];
  /** The fields of a body that is an object, or the description of one that is a document of its own. */
  readonly body?: readonly Field[] | { readonly document: string };
  /** The request of the command; otherwise it is the name, then path parameters, then arguments and options. */
  readonly request?: (input: Input) => Arguments;
  /** Runs the request, perhaps at several servers; otherwise it is run as it is. */
  readonly ask?: (request: Arguments, input: Input, session: HttpSession) => Promise<Gathered>;
  /** Fields of the reply whose text is JSON and which are answered as that. */
  readonly json?: readonly string[];
  /** The member of the answer that holds the reply; otherwise it is the answer. */
  readonly member?: string;
  /** Of a command that replies in several ways: the type of the replies that this operation has. */
  readonly replies?: "integer" | "object";
  /** The error that a null reply is, and its text. */
  readonly absent?: readonly [code: string, detail: string];
  /** Of the answer; 204 answers nothing. */
  readonly status?: 200 | 201 | 204;
  /** The media type of a reply that is a text. */
  readonly mediaType?: (input: Input) => string;
  /** Turns the answer to the command into another, perhaps by asking more. */
  readonly refine?: (answer: Answer, input: Input, session: HttpSession) => Promise<Answer>;
  /** Asks what a refusal should say beside its text. */
  readonly explain?: (input: Input, session: HttpSession) => Promise<Readonly<Record<string, Answer>>>;
}

/** The value of a field, if there is one. */
export function textOf(input: Input, name: string): string | undefined {
  const value = input.values.get(name);
  return typeof value === "string" ? value : undefined;
}

/** The names of the parameters of a path, in order. */
export function pathParameters(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

/** The request of the command that an operation stands for. */
export function requestOf(operation: Operation, input: Input): Arguments {
  if (operation.request !== undefined) return operation.request(input);
  return [...operation.command.split("|"), ...argumentsOf(operation, input), ...(operation.words ?? [])];
}

/** What follows the name: path parameters, then fields in their order, those without a token first. */
function argumentsOf(operation: Operation, input: Input): Arguments {
  const fields = [...(operation.query ?? []), ...bodyFields(operation)];
  return [
    ...pathParameters(operation.path).map((name) => textOf(input, name) ?? ""),
    ...fields.filter(({ token }) => token === undefined).flatMap((field) => fieldArguments(field, input)),
    ...fields.filter(({ token }) => token !== undefined).flatMap((field) => fieldArguments(field, input)),
  ];
}

export function bodyFields({ body }: Operation): readonly Field[] {
  return body === undefined || "document" in body ? [] : body;
}

/** A field as arguments: nothing when it is absent. */
export function fieldArguments({ name, type, token, fallback }: Field, input: Input): Arguments {
  const value = input.values.get(name) ?? fallback;
  if (value === undefined) return [];
  if (type === "boolean") return value === "true" && token !== undefined ? [token] : [];
  const words = typeof value === "string" ? [value] : value;
  return token === undefined ? words : words.flatMap((word) => [token, word]);
}

/** The reply with the fields named taken as the JSON that their text is, at any depth. */
export function withJson(answer: Answer, names: readonly string[]): Answer {
  if (isList(answer)) return answer.map((item) => withJson(item, names));
  if (!isMap(answer)) return answer;
  return new Map(
    Array.from(answer, ([name, value]): [string, Answer] => [
      name,
      names.includes(name) ? embedded(value) : withJson(value, names),
    ]),
  );
}

/** A text of JSON, or a map of such texts. */
function embedded(value: Answer): Answer {
  if (typeof value === "string") return new RawJson(value);
  return isMap(value) ? new Map(Array.from(value, ([name, text]) => [name, embedded(text)])) : value;
}
