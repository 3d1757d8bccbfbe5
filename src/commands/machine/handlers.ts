/** The handlers of the machine group. */
import type { Handler } from "../handler.ts";
import { smCreate } from "./sm-create.ts";
import { smGet } from "./sm-get.ts";
import { smMutate } from "./sm-mutate.ts";
import { smReset } from "./sm-reset.ts";
import { smSet } from "./sm-set.ts";
import { smState } from "./sm-state.ts";
import { smTemplate } from "./sm-template.ts";

export const MACHINE_HANDLERS: readonly Handler[] = [
  smTemplate,
  smSet,
  smGet,
  smCreate,
  smState,
  smMutate,
  smReset,
];
