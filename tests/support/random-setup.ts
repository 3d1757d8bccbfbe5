/** A vitest setup file: properties take the seed of the suite, which fast-check prints when one fails. */
import fc from "fast-check";
import { SEED } from "./seed.ts";

fc.configureGlobal({ seed: SEED });
