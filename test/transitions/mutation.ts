/**
 * Loaded before the tests of a mutated machine: whoever calls `createMachine` of xstate's `setup` under the name of that machine gets it
 * with one thing removed. Promises: the machine's own text, and every other machine, stay as they are.
 */
import fc from "fast-check";
import { inject, vi } from "vitest";
import { without } from "./removal.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Which machine is mutated, by its id, and what it does without. */
    readonly mutation: { readonly machine: string; readonly removed: string };
  }
}

// That a property fails is enough; the shortest counterexample is of no interest here.
fc.configureGlobal({ endOnFailure: true });

interface Made {
  readonly createMachine: (config: { readonly id?: string }) => unknown;
}

vi.mock("xstate", async (original) => {
  const real = await original<{ setup: (options: object) => Made }>();
  const setup = (options: object): Made => {
    const made = real.setup(options);
    const createMachine: Made["createMachine"] = (config) => {
      const { machine, removed } = inject("mutation");
      return made.createMachine(
        config.id === machine ? without(config, removed) : config,
      );
    };
    return { ...made, createMachine };
  };
  return { ...real, setup };
});
