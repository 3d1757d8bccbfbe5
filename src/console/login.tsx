/** Asks for a user and a password where the server wants them. */
import { useState } from "preact/hooks";
import { ask } from "./api.ts";
import { Fault } from "./parts.tsx";

export function Login({ onDone }: { readonly onDone: () => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: Event) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(event.currentTarget);
    const user = String(given.get("user") ?? "") || "default";
    ask("POST", "/api/v1/login", { user, password: String(given.get("password") ?? "") }).then(
      onDone,
      (reason: unknown) => setError(reason instanceof Error ? reason : new Error(String(reason))),
    );
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>Detent</h1>
        <label>
          User
          <input name="user" placeholder="default" autocomplete="username" />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <Fault error={error} />
        <button type="submit" class="primary">
          Log in
        </button>
      </form>
    </main>
  );
}
