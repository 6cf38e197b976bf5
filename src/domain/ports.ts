/**
 * What the domain needs from the outside, each as an Effect service. Adapters implement them; one contract suite per port holds every
 * implementation to the same promises. A port fails only with values of errors.ts.
 */
export * from "./ports/identity.ts";
export * from "./ports/log.ts";
export * from "./ports/messaging.ts";
export * from "./ports/reports.ts";
export * from "./ports/sessions.ts";
export * from "./ports/store.ts";
export * from "./ports/usage.ts";
