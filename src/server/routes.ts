/** Which command a request names, and what is known of it. */
import { type Catalogue, findCommand } from "../catalogue/catalogue.ts";
import type { Command } from "../catalogue/command.ts";
import type { Route } from "./route.ts";

export class Routes {
  readonly #catalogue: Catalogue;
  readonly #make: (command: Command) => Route;
  readonly #routes = new Map<Command, Route>();
  /** The name looked up last and what it led to: the decoder gives the requests of a pipeline the same object. */
  #latestName: Buffer | undefined;
  #latestRoute: Route | undefined;

  constructor(catalogue: Catalogue, make: (command: Command) => Route) {
    this.#catalogue = catalogue;
    this.#make = make;
  }

  /** Undefined where there is no such command. */
  resolve(args: readonly Buffer[]): Route | undefined {
    const name = args[0];
    if (name === this.#latestName && this.#latestRoute !== undefined) return this.#latestRoute;
    const command = findCommand(this.#catalogue, args);
    if (command === undefined) return undefined;
    const route = this.#routeOf(command);
    // Of a container the next request may name another subcommand.
    if (command.declaration.container === undefined && command.subcommands.size === 0) {
      this.#latestName = name;
      this.#latestRoute = route;
    }
    return route;
  }

  #routeOf(command: Command): Route {
    let route = this.#routes.get(command);
    if (route === undefined) {
      route = this.#make(command);
      this.#routes.set(command, route);
    }
    return route;
  }
}
