/**
 * What can be taken out of a machine's config, one at a time: every branch of every transition (on, after, always, onDone, onError), every
 * entry and exit action, and every action of a transition. Promises: what is listed and what is removed come from the same walk.
 */

type Json = Record<string, unknown>;

/** Names of all that can be removed, in the order of the config. */
export function removablesOf(config: object): string[] {
  const names: string[] = [];
  filtered(config as Json, (name) => names.push(name) > 0);
  return names;
}

/** The same config without what is called `name`. */
export function without<Config extends object>(
  config: Config,
  name: string,
): Config {
  return filtered(config as Json, (it) => it !== name) as Config;
}

type Keep = (name: string) => boolean;

function filtered(state: Json, keep: Keep, at = "root"): Json {
  const { on, after, always, onDone, invoke, entry, exit, states, ...rest } =
    state;
  return defined({
    ...rest,
    entry: actions(entry, keep, `${at} entry`),
    exit: actions(exit, keep, `${at} exit`),
    on: byEvent(on, keep, `${at} on`),
    after: byEvent(after, keep, `${at} after`),
    always: branches(always, keep, `${at} always`),
    onDone: branches(onDone, keep, `${at} onDone`),
    invoke: invoked(invoke, keep, at),
    states: each(states, (it, name) =>
      filtered(it as Json, keep, at === "root" ? name : `${at}.${name}`),
    ),
  });
}

function invoked(invoke: unknown, keep: Keep, at: string): unknown {
  if (invoke === undefined) return undefined;
  const { onDone, onError, ...rest } = invoke as Json;
  return defined({
    ...rest,
    onDone: branches(onDone, keep, `${at} onDone`),
    onError: branches(onError, keep, `${at} onError`),
  });
}

function byEvent(table: unknown, keep: Keep, at: string): unknown {
  return each(table, (it, event) => branches(it, keep, `${at} ${event}`));
}

/** A transition is a target, an object, or several of them of which the first that fits is taken. */
function branches(transition: unknown, keep: Keep, at: string): unknown {
  const all = list(transition).map((it) =>
    typeof it === "string" ? { target: it } : (it as Json),
  );
  const kept = all.flatMap((it, index) => {
    const numbered = all.length > 1 ? `${at}[${index}]` : at;
    const { target } = it;
    const name =
      target === undefined ? numbered : `${numbered} → ${String(target)}`;
    return keep(name) ? [acting(it, keep, numbered)] : [];
  });
  return kept.length === 0 ? undefined : kept;
}

function acting(branch: Json, keep: Keep, at: string): Json {
  const { actions: some, ...rest } = branch;
  // An internal transition that does one thing is that thing: removing either is the same.
  if (branch["target"] === undefined && list(some).length < 2) return branch;
  return defined({ ...rest, actions: actions(some, keep, `${at} does`) });
}

function actions(some: unknown, keep: Keep, at: string): unknown {
  if (some === undefined) return undefined;
  return list(some).filter((it) => keep(`${at} ${nameOf(it)}`));
}

function nameOf(action: unknown): string {
  if (typeof action === "string") return action;
  const { type } = action as { readonly type?: unknown };
  return typeof type === "string" ? type : "something";
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function each(
  table: unknown,
  change: (value: unknown, key: string) => unknown,
): unknown {
  if (table === undefined) return undefined;
  return defined(
    Object.fromEntries(
      Object.entries(table as Json).map(([key, it]) => [key, change(it, key)]),
    ),
  );
}

/** XState takes a key that is there but undefined for a transition that is forbidden. */
function defined(table: Json): Json {
  return Object.fromEntries(
    Object.entries(table).filter(([, value]) => value !== undefined),
  );
}
