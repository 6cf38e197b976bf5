/**
 * From bytes to a frame: the checks of docs/PROTOCOL.md section 5, in its order, up to the fields, and the dialects of older clients.
 * Pure. Promises: what comes out is a frame of the contract, copied field by field by its schema, never the parsed object itself.
 */
import { Predicate, Result, Schema, SchemaIssue } from "effect";
import {
  InvalidJson,
  InvalidMessage,
  MessageTooLarge,
  UnknownMessageType,
  UserMismatch,
} from "./errors.ts";
import { limits } from "./limits.ts";
import type { UserId } from "./model.ts";
import { clientFrames } from "./protocol.ts";
import type { ClientFrame, ClientFrameType } from "./protocol.ts";

/** How the client wants its answer: as frames, or as JSON-RPC with its id. */
export interface Envelope {
  readonly rpcId: string | number | null;
}

export interface Decoded {
  readonly envelope: Envelope;
  readonly frame: Result.Result<ClientFrame, DecodeFailure>;
}

export type DecodeFailure =
  | MessageTooLarge
  | InvalidJson
  | InvalidMessage
  | UnknownMessageType
  | UserMismatch;

const PLAIN: Envelope = { rpcId: null };

/** Reads one text frame of `bytes` bytes that a connection of `user` sent. */
export function decodeFrame(
  text: string,
  bytes: number,
  user: UserId,
): Decoded {
  const failed = (failure: DecodeFailure, envelope = PLAIN): Decoded => ({
    envelope,
    frame: Result.fail(failure),
  });
  if (bytes > limits.tokenRefreshBytes)
    return failed(tooLarge(limits.messageBytes));
  const parsed = parse(text);
  if (bytes >= limits.messageBytes && !isTokenRefresh(parsed)) {
    return failed(tooLarge(limits.messageBytes));
  }
  if (parsed === undefined) return failed(new InvalidJson());
  if (!Predicate.isObject(parsed)) {
    return failed(
      new InvalidMessage({ problem: "a message is a JSON object" }),
    );
  }
  const { envelope, fields } = toPlain(parsed);
  if (typeof fields["type"] !== "string") {
    return failed(
      new InvalidMessage({
        problem: "type is missing or not a string",
        path: "type",
      }),
      envelope,
    );
  }
  return { envelope, frame: decodeFields(fields, user) };
}

const tooLarge = (limitBytes: number) => new MessageTooLarge({ limitBytes });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTokenRefresh(parsed: unknown): boolean {
  return (
    Predicate.isObject(parsed) &&
    toPlain(parsed).fields["type"] === "token_refresh"
  );
}

// --- dialects ----------------------------------------------------------------------------------------------------------------

type Fields = Record<string, unknown>;

const TYPE_ALIASES: Record<string, ClientFrameType> = {
  chat: "user_message",
  chat_message: "user_message",
  message: "user_message",
  user: "user_message",
  user_input: "user_message",
  start_agent: "user_message",
  stop_agent: "stop_run",
  switch_thread: "join_thread",
};
const TEXT_ALIASES = ["content", "message", "user_request"];

/** JSON-RPC, `payload` and the older names, as one flat object with the names of the contract. */
function toPlain(parsed: object): { envelope: Envelope; fields: Fields } {
  const outer = parsed as Fields;
  if (outer["jsonrpc"] === "2.0") {
    const id = outer["id"];
    const rpcId = typeof id === "string" || typeof id === "number" ? id : null;
    const params = Predicate.isObject(outer["params"]) ? outer["params"] : {};
    return {
      envelope: { rpcId },
      fields: renamed({ ...params, type: outer["method"] }),
    };
  }
  const { payload, ...rest } = outer;
  const inner = Predicate.isObject(payload) ? payload : {};
  return { envelope: PLAIN, fields: renamed({ ...inner, ...rest }) };
}

function renamed(fields: Fields): Fields {
  const type = fields["type"];
  const canonical =
    typeof type === "string" && Object.hasOwn(TYPE_ALIASES, type)
      ? TYPE_ALIASES[type]!
      : type;
  const result: Fields = { ...fields, type: canonical };
  if (canonical !== "user_message" || result["text"] !== undefined)
    return result;
  const alias = TEXT_ALIASES.find((it) => typeof result[it] === "string");
  return alias === undefined ? result : { ...result, text: result[alias] };
}

// --- fields ------------------------------------------------------------------------------------------------------------------

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1();

function decodeFields(
  fields: Fields,
  user: UserId,
): Result.Result<ClientFrame, DecodeFailure> {
  const type = fields["type"] as string;
  if (!Object.hasOwn(clientFrames, type))
    return Result.fail(new UnknownMessageType({ type }));
  const schema: Schema.Codec<ClientFrame, unknown> =
    clientFrames[type as ClientFrameType];
  const decoded = Schema.decodeUnknownResult(schema)(fields);
  if (Result.isFailure(decoded))
    return Result.fail(invalidFields(decoded.failure.issue));
  const unclean = findUnclean(decoded.success);
  if (unclean !== null) return Result.fail(unclean);
  const claimed = fields["user_id"];
  if (claimed !== undefined && claimed !== user)
    return Result.fail(new UserMismatch());
  return Result.succeed(decoded.success);
}

function invalidFields(issue: SchemaIssue.Issue): InvalidMessage {
  const first = formatIssue(issue).issues[0];
  const path = (first?.path ?? [])
    .map((it) => (typeof it === "object" ? it.key : it))
    .join(".");
  const problem =
    path === ""
      ? "its fields do not fit"
      : `${path} is missing or does not fit`;
  return new InvalidMessage({ problem, ...(path === "" ? {} : { path }) });
}

/** U+0000 and lone surrogates cannot be stored as text, so they are refused at the door. */
function findUnclean(frame: ClientFrame): InvalidMessage | null {
  for (const [path, value] of Object.entries(frame)) {
    if (
      typeof value === "string" &&
      (value.includes("\u0000") || !value.isWellFormed())
    ) {
      return new InvalidMessage({
        problem: `${path} has a character that is not allowed`,
        path,
      });
    }
  }
  return null;
}
