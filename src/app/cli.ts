/**
 * The command line: serve, import, token, report, revoke, prices. Promises: `serve` prints one line when it is ready; a wrong setting or a
 * locked directory ends with one line that says what to do; no command prints a stack.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node";
import { Cause, Console, Effect, Exit, Option } from "effect";
import { Argument, Command, Flag } from "effect/cli";
import { costs } from "../domain/agents/index.ts";
import { keepRecommendations } from "../domain/costs/recommendations.ts";
import { limits } from "../domain/limits.ts";
import type { UserId } from "../domain/model.ts";
import { importCommand } from "./import.ts";
import { readConfig } from "./config.ts";
import type { AppConfig } from "./config.ts";
import { startNode } from "./node.ts";
import { untilOrphaned } from "./parent.ts";
import { pricesCommand } from "./prices.ts";
import { reportCommand } from "./report.ts";
import { revokeCommand } from "./revoke.ts";
import { issueToken, LOCAL_USER, signingSecret } from "./secret.ts";
import { WrongSetting } from "./settings.ts";
import { VERSION } from "./version.ts";

const application = { ...costs, concluded: keepRecommendations };

const serve = Command.make(
  "serve",
  {},
  Effect.fn(function* () {
    const config = yield* readConfig;
    const node = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => startNode({ config, application }),
        catch: (cause) => cause,
      }),
      (it) => Effect.promise(() => it.stop()),
    );
    yield* Console.log(greeting(config, node.url));
    yield* Effect.raceFirst(node.failed, untilOrphaned);
  }, Effect.scoped),
).pipe(
  Command.withDescription(
    "Serve the chat page, the WebSocket and the HTTP API",
  ),
);

/** The one line of a start: where, in which mode, and what is embedded. */
function greeting(config: AppConfig, url: string): string {
  const mode =
    config.keys.kind === "local"
      ? "local mode, no sign-in"
      : "sign-in by token";
  const embedded = [
    ...(config.databaseUrl === null ? [`PGlite in ${config.dataDir}`] : []),
    ...(config.redisUrl === null ? ["cache and bus in process"] : []),
    "built-in analyst",
  ];
  return `Golden Path ${VERSION} on ${url} (${mode}); embedded: ${embedded.join(", ")}`;
}

const token = Command.make(
  "token",
  {
    user: Flag.String("user").pipe(
      Flag.withDescription("Whom the token names"),
      Flag.withDefault(LOCAL_USER as string),
    ),
    days: Flag.Int("days").pipe(
      Flag.withDescription("How long it lasts"),
      Flag.withDefault(30),
    ),
    admin: Flag.Boolean("admin").pipe(
      Flag.withDescription("The token opens /metrics from other machines"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ user, days, admin }) {
    const config = yield* readConfig;
    const secret = signingSecret(config);
    if (secret === null) {
      return yield* new WrongSetting({
        variable: "JWT_SECRET",
        problem: "tokens are signed elsewhere: only a public key is known here",
      });
    }
    if (user.length === 0 || user.length > limits.subjectCharactersMax) {
      return yield* new WrongSetting({
        variable: "--user",
        problem: `takes 1 to ${limits.subjectCharactersMax} characters`,
      });
    }
    const issued = yield* Effect.promise(() =>
      issueToken(
        secret,
        config,
        user as UserId,
        days * 86_400,
        admin ? { role: "admin" } : {},
      ),
    );
    yield* Console.log(issued.token);
  }),
).pipe(Command.withDescription("Issue a token for a user"));

const importing = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("The file to import"),
      Argument.optional,
    ),
    sample: Flag.Boolean("sample").pipe(
      Flag.withDescription("Load the sample data set instead of a file"),
      Flag.withDefault(false),
    ),
    format: Flag.String("format").pipe(
      Flag.withDescription("The file's format, if it is not recognised"),
      Flag.withDefault("auto"),
    ),
    model: Flag.String("model").pipe(
      Flag.withDescription("The model, for files that name none"),
      Flag.optional,
    ),
    map: Flag.String("map").pipe(
      Flag.withDescription("our_column:file_column, separated by commas"),
      Flag.optional,
    ),
    start: Flag.String("start").pipe(
      Flag.withDescription("When a trace without dates began, ISO 8601"),
      Flag.optional,
    ),
    user: Flag.String("user").pipe(
      Flag.withDescription("Whose data it is"),
      Flag.withDefault(LOCAL_USER as string),
    ),
  },
  (flags) =>
    importCommand({
      ...flags,
      start: Option.getOrNull(flags.start),
      file: Option.getOrNull(flags.file),
      model: Option.getOrNull(flags.model),
      map: Option.getOrNull(flags.map),
    }),
).pipe(Command.withDescription("Import usage data from a file"));

const report = Command.make("report").pipe(
  Command.withDescription("Tell what is known of something that happened"),
  Command.withSubcommands([
    Command.make(
      "run",
      {
        run: Argument.String("run_id").pipe(
          Argument.withDescription("The run"),
        ),
        json: Flag.Boolean("json").pipe(
          Flag.withDescription("As JSON instead of text"),
          Flag.withDefault(false),
        ),
      },
      reportCommand,
    ).pipe(
      Command.withDescription("One run: attempts, timeline, errors and causes"),
    ),
  ]),
);

const revoking = Command.make(
  "revoke",
  {
    jti: Flag.String("jti").pipe(
      Flag.withDescription("The id (jti) of the token to revoke"),
      Flag.optional,
    ),
    user: Flag.String("user").pipe(
      Flag.withDescription("Whose tokens to revoke, all issued until now"),
      Flag.optional,
    ),
  },
  ({ jti, user }) =>
    revokeCommand({
      jti: Option.getOrNull(jti),
      user: Option.getOrNull(user),
    }),
).pipe(
  Command.withDescription(
    "Revoke a token or a user's tokens, and close their connections",
  ),
);

const prices = Command.make("prices", {}, () => pricesCommand()).pipe(
  Command.withDescription("Fetch a newer price table"),
);

Command.make("goldenpath").pipe(
  Command.withSubcommands([serve, importing, token, report, revoking, prices]),
  Command.run({ version: VERSION }),
  Effect.provide(NodeServices.layer),
  Effect.catchCause((cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : failInOneLine(cause),
  ),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // A drain that a signal asked for is a success; a command for which it is none has set the code.
    teardown: (exit, done) =>
      done(
        Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
          ? Number(process.exitCode ?? 0)
          : 1,
      ),
  }),
);

/** One line on standard error, and exit code 1. */
function failInOneLine(
  cause: Cause.Cause<unknown>,
): Effect.Effect<never, unknown> {
  const error = Cause.squash(cause);
  const text = error instanceof Error ? textOf(error) : String(error);
  return Console.error(`goldenpath: ${text}`).pipe(
    Effect.andThen(Effect.fail(error)),
  );
}

/** Where a name has several addresses, the failure to reach any has a code and no message. */
function textOf(error: Error): string {
  return error.message || ("code" in error ? String(error.code) : error.name);
}
