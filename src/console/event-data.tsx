/** The data of an event: a field for each datum that the definition reads, and the whole as JSON. Both always say the same. */
import { useEffect, useState } from "preact/hooks";
import { memberAt } from "../base/json.ts";
import type { EventField } from "../definition-tests/event-fields.ts";
import { dataOf, fits, textOf, typedText, typedValue, withField } from "./event-json.ts";
import { useLoaded } from "./hooks.ts";

export function EventData({
  id,
  label,
  value,
  onInput,
  load,
}: {
  readonly id: string;
  readonly label: string;
  /** JSON; empty for none. */
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly load: () => Promise<readonly EventField[]>;
}) {
  const { data: fields } = useLoaded(id, 0, load);
  // As it was typed: `1.0` would become 1 while one types 1.05.
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const data = dataOf(value);
  const first = fields?.[0]?.keys.join(".");
  useEffect(() => {
    if (first !== undefined) focusUnlessTyping(`${id}-${first}`);
  }, [first]);
  const json = (
    <label for={id}>
      {label}
      <textarea
        id={id}
        rows={4}
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => {
          setTyped({});
          onInput(currentTarget.value);
        }}
      />
    </label>
  );
  if (fields === undefined) return <p class="hint">Loading …</p>;
  if (fields.length === 0) return json;
  return (
    <>
      <fieldset class="data" disabled={data === undefined} aria-label="Data">
        {fields.map((field) => {
          const { keys, type } = field;
          const name = keys.join(".");
          return (
            <DataField
              key={name}
              id={`${id}-${name}`}
              field={field}
              typed={typed[name] ?? typedText(data && memberAt(data, keys), type)}
              onInput={(text) => {
                setTyped({ ...typed, [name]: text });
                onInput(textOf(withField(data ?? {}, keys, typedValue(text, type))));
              }}
            />
          );
        })}
      </fieldset>
      {data === undefined && (
        <p class="bad" role="status">
          The JSON below is no object: the fields show it when it is one.
        </p>
      )}
      <details class="as-json">
        <summary>As JSON</summary>
        {json}
      </details>
    </>
  );
}

/** The first field, unless something is typed elsewhere already. */
function focusUnlessTyping(id: string): void {
  const { activeElement: active } = document;
  if (active instanceof HTMLInputElement && active.value !== "") return;
  document.getElementById(id)?.focus();
}

/** What the field is, for a person. */
const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  string: "text",
  boolean: "true or false",
  list: "a list, as JSON",
  object: "an object, as JSON",
};

function DataField({
  id,
  field: { keys, type, choices, source },
  typed,
  onInput,
}: {
  readonly id: string;
  readonly field: EventField;
  readonly typed: string;
  readonly onInput: (typed: string) => void;
}) {
  const isOdd = typed !== "" && !fits(typedValue(typed, type) ?? null, type);
  const common = {
    id,
    value: typed,
    "aria-describedby": `${id}-hint`,
    "aria-invalid": isOdd,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="datum">
      <label for={id}>{keys.join(".")}</label>
      {type === "boolean" ? (
        <select {...common}>
          {[...new Set(["", "true", "false", typed])].map((option) => (
            <option key={option} value={option}>
              {option === "" ? "not given" : option}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={type === "number" ? "decimal" : "text"}
          spellcheck={false}
          {...(choices.length > 0 ? { list: `${id}-choices` } : {})}
        />
      )}
      {choices.length > 0 && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice} value={String(choice)} />
          ))}
        </datalist>
      )}
      <small id={`${id}-hint`} class={isOdd ? "bad" : ""}>
        {isOdd ? `not ${TYPES[type ?? ""]}: sent as a string` : (TYPES[type ?? ""] ?? "text or JSON")}
        {" · "}
        <code>{source}</code>
      </small>
    </div>
  );
}
