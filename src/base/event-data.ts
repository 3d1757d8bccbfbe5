/**
 * The data of an event: its JSON text as it was sent, and the value of that text. Whichever is given, the other is
 * made when it is asked for; who hands data on whole hands on the text.
 */
import { textOfJson, withInexactNumbers } from "./exact-json.ts";
import type { Json } from "./json.ts";

export class EventData {
  #text: string | undefined;
  #value: Json | undefined;

  private constructor(text: string | undefined, value: Json | undefined) {
    this.#text = text;
    this.#value = value;
  }

  /** The data of a text that is JSON, nested no deeper than a client's may be. `parsed` is what JSON.parse makes of it. */
  static ofText(text: string, parsed?: Json): EventData {
    return new EventData(text, parsed === undefined ? undefined : withInexactNumbers(text, parsed));
  }

  /** The data that the engine has made; with the text of which it is the value, where it handed that on. */
  static ofValue(value: Json, text?: string): EventData {
    return new EventData(text, value);
  }

  get text(): string {
    if (this.#text === undefined) this.#text = textOfJson(this.#value ?? null);
    return this.#text;
  }

  get value(): Json {
    if (this.#value === undefined) this.#value = withInexactNumbers(this.text, JSON.parse(this.text) as Json);
    return this.#value;
  }
}
