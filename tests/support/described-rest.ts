/** The REST interface of a server: every answer is held against the schema that its openapi.json has for it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/base/json.ts";
import { type Answered, type Asked, request } from "./http.ts";

const validators = new Map<string, ValidateFunction>();

export class DescribedRest {
  readonly #url: string;
  readonly #document: JsonObject;
  /** `METHOD path` of what was asked, with parameters. */
  readonly #exercised: Set<string>;

  private constructor(url: string, document: JsonObject, exercised: Set<string>) {
    this.#url = url;
    this.#document = document;
    this.#exercised = exercised;
  }

  static async at(url: string, exercised: Set<string>): Promise<DescribedRest> {
    const { json } = await request(url, "/api/v1/openapi.json");
    return new DescribedRest(url, json as JsonObject, exercised);
  }

  /** `METHOD path` of what is described. */
  get routes(): readonly string[] {
    return Object.entries(part(this.#document, "paths") as JsonObject).flatMap(([path, methods]) =>
      Object.keys(methods as JsonObject).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** The path of openapi.json that a path of a request is one of; the one with the fewest parameters. */
  #templateOf(method: string, path: string): string {
    const paths = Object.keys(part(this.#document, "paths") as JsonObject).filter(
      (template) =>
        part(this.#document, "paths", template, method.toLowerCase()) !== undefined &&
        new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path.split("?")[0] ?? ""),
    );
    const parameters = (template: string) => template.split("{").length;
    return paths.sort((a, b) => parameters(a) - parameters(b))[0] ?? "";
  }

  /** Asks, and holds what is answered against the description of the route. */
  async ask(method: string, path: string, body?: unknown, more: Asked = {}): Promise<Answered> {
    const answered = await request(this.#url, path, {
      ...more,
      method,
      ...(body === undefined ? {} : { body }),
    });
    const template = this.#templateOf(method, path);
    const operation = part(this.#document, "paths", template, method.toLowerCase());
    expect(operation, `${method} ${path} is described`).toBeDefined();
    this.#exercised.add(`${method} ${template}`);
    const isProblem = answered.status >= 400;
    if (!isProblem) expect(part(operation, "responses", String(answered.status))).toBeDefined();
    const schema = isProblem
      ? part(this.#document, "components", "schemas", "Problem")
      : part(operation, "responses", String(answered.status), "content", "application/json", "schema");
    if (schema !== undefined && schema !== null && answered.json !== undefined) {
      const key = JSON.stringify(schema);
      const validate = validators.get(key) ?? new Ajv2020({ strict: false }).compile(schema as object);
      validators.set(key, validate);
      const isValid = validate(answered.json);
      expect([`${method} ${path}`, isValid, validate.errors]).toEqual([`${method} ${path}`, true, null]);
    }
    return answered;
  }
}

function part(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}
