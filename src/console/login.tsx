/** Asks for a user and a password where the server wants them. */
import { useState } from "preact/hooks";
import { ask, errorOf } from "./api.ts";
import { submitted } from "./hooks.ts";
import { Fault } from "./parts.tsx";

export function Login({ onDone }: { readonly onDone: () => void }) {
  const [error, setError] = useState<Error>();
  const submit = submitted((given) => {
    const user = given("user") || "default";
    ask("POST", "/api/v1/login", { user, password: given("password") }).then(onDone, (reason: unknown) =>
      setError(errorOf(reason)),
    );
  });
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
