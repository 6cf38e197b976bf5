/**
 * One setting each, read from the environment and checked for its form. Promises: a value that does not fit is a WrongSetting that names
 * the variable; set to nothing is as good as not set.
 */
import { Config, Data, Effect, Schema } from "effect";

export class WrongSetting extends Data.TaggedError("WrongSetting")<{
  readonly variable: string;
  readonly problem: string;
}> {
  override get message(): string {
    return `${this.variable}: ${this.problem}`;
  }
}

const TIMER_MS_MAX = 2_147_483_647;

export function setting<A>(
  variable: string,
  config: Config.Config<A>,
): Effect.Effect<A, WrongSetting> {
  return Effect.gen(function* () {
    return yield* config;
  }).pipe(
    Effect.mapError(
      () =>
        new WrongSetting({
          variable,
          problem: "has a value that does not fit",
        }),
    ),
  );
}

export function text(
  variable: string,
  fallback: string,
): Effect.Effect<string, WrongSetting> {
  return setting(
    variable,
    Config.NonEmptyString(variable).pipe(Config.withDefault(fallback)),
  );
}

/** Null where it is not set; set to nothing is as good as not set. */
export function optional(
  variable: string,
): Effect.Effect<string | null, WrongSetting> {
  return Effect.map(
    setting(variable, Config.String(variable).pipe(Config.withDefault(""))),
    (it) => it || null,
  );
}

/** An http or https address; null where it is not set. */
export function url(
  variable: string,
): Effect.Effect<string | null, WrongSetting> {
  const problem = "is not an http or https URL";
  return Effect.flatMap(optional(variable), (it) =>
    it === null || (/^https?:/.test(it) && URL.canParse(it))
      ? Effect.succeed(it)
      : Effect.fail(new WrongSetting({ variable, problem })),
  );
}

export function list(
  variable: string,
): Effect.Effect<readonly string[], WrongSetting> {
  return Effect.map(optional(variable), (it) =>
    (it ?? "")
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );
}

export function milliseconds(
  variable: string,
  fallback: number,
): Effect.Effect<number, WrongSetting> {
  return whole(variable, fallback, 1, TIMER_MS_MAX);
}

export function whole(
  variable: string,
  fallback: number,
  minimum = 1,
  maximum = Number.MAX_SAFE_INTEGER,
): Effect.Effect<number, WrongSetting> {
  const schema = Schema.FiniteFromString.check(
    Schema.isInt(),
    Schema.isBetween({ minimum, maximum }),
  );
  return setting(
    variable,
    Config.schema(schema, variable).pipe(Config.withDefault(fallback)),
  ).pipe(
    Effect.mapError(
      () =>
        new WrongSetting({
          variable,
          problem: `must be a whole number from ${minimum} to ${maximum}`,
        }),
    ),
  );
}
