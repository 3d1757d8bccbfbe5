/** Views that a person has kept, in this browser: an address by a name. */
import { useState } from "preact/hooks";
import { linkTo, submitted } from "./hooks.ts";

interface View {
  readonly name: string;
  readonly filter: Readonly<Record<string, string>>;
}

const STORED = "detent views";
const VIEWS_MAX = 50;

function stored(): readonly View[] {
  try {
    const views: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(views) ? (views as readonly View[]) : [];
  } catch {
    return [];
  }
}

export function SavedViews({ filter }: { readonly filter: Readonly<Record<string, string>> }) {
  const [views, setViews] = useState(stored);
  const keep = (next: readonly View[]) => {
    localStorage.setItem(STORED, JSON.stringify(next.slice(-VIEWS_MAX)));
    setViews(next.slice(-VIEWS_MAX));
  };
  const isEmpty = Object.values(filter).every((value) => value === "");
  if (views.length === 0 && isEmpty) return null;
  return (
    <div class="views">
      {views.map(({ name, filter: kept }) => (
        <span key={name} class="view">
          <a href={linkTo("find", "", kept)}>{name}</a>
          <button
            type="button"
            class="link"
            aria-label={`Forget ${name}`}
            onClick={() => keep(views.filter((view) => view.name !== name))}
          >
            ×
          </button>
        </span>
      ))}
      {!isEmpty && (
        <form
          onSubmit={submitted((given) => {
            const name = given("name").trim();
            if (name !== "") keep([...views.filter((view) => view.name !== name), { name, filter }]);
          })}
        >
          <input name="name" placeholder="Keep this view as …" aria-label="Name of the view" maxLength={60} />
        </form>
      )}
    </div>
  );
}
