/**
 * Random sequences of commands against a real server over real sockets, with a small model that predicts every answer; what holds of
 * every run and socket is judged at the end. `npm run model` makes it longer. Replay a failure: MODEL_SEED with the printed seed, or put
 * `seed` and `path` into the second argument of fc.assert and `replayPath` into that of fc.commands.
 */
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { TestServer } from "../support/server.ts";
import {
  Connect,
  ConnectRefused,
  Disconnect,
  ILLEGAL,
  Ping,
  Resume,
  SendIllegal,
} from "./connecting.ts";
import type { Command } from "./connecting.ts";
import { judge } from "./judgement.ts";
import { LeaveOrAcknowledge, OpenGate, Stop } from "./steering.ts";
import { Send, SendAgain } from "./talking.ts";
import { Model, Real, SLOTS } from "./world.ts";
import type { SlotName } from "./world.ts";

/** Batches of sequences, each with a seed of its own, until so many commands have run. */
const COMMANDS = Number(process.env["MODEL_COMMANDS"] ?? 1);
const SEED = Number(process.env["MODEL_SEED"] ?? Date.now() % 1_000_000_000);
const SEQUENCES = 30;
/** After it a failure is reported as far as it has been shrunk. */
const BATCH_MS_MAX = 120_000;
const COMMAND_MS_MAX = 100;

const COMMANDS_MAX = 100;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    env: {
      CONNECTIONS_PER_USER: "100",
      ACTIVE_RUNS_PER_USER: "20",
      RUN_TIMEOUT_MS: "300000",
      AGENT_TIMEOUT_MS: "300000",
      TOOL_TIMEOUT_MS: "300000",
    },
  });
});
afterAll(() => server.stop());

const slot = fc.constantFrom(...(Object.keys(SLOTS) as SlotName[]));
const pick = fc.nat(30);
const connect = fc
  .tuple(slot, fc.constantFrom("header", "subprotocol", "alias"))
  .map((it) => new Connect(...it));
const send = fc
  .tuple(
    slot,
    fc.constantFrom("new", "own", "own", "own", "foreign", "unknown"),
    pick,
    fc.constantFrom("enqueue", "enqueue", "reject", "interrupt"),
  )
  .map((it) => new Send(...it));
const resume = fc.tuple(slot, pick).map((it) => new Resume(...it));

/** Where every sequence starts, so that most commands find something to do. */
const BEGINNING = [
  new Connect("ann1", "header"),
  new Connect("bob1", "alias"),
  new Send("ann1", "new", 0, "enqueue"),
  new Send("bob1", "new", 0, "enqueue"),
];

/** What there is a lot of in life stands here several times. */
const commands = [
  connect,
  connect,
  send,
  send,
  send,
  resume,
  resume,
  fc
    .constantFrom("missing" as const, "invalid" as const, "expired" as const)
    .map((it) => new ConnectRefused(it)),
  fc.tuple(slot, fc.boolean()).map((it) => new Disconnect(...it)),
  slot.map((it) => new Ping(it)),
  fc
    .tuple(
      slot,
      fc.array(fc.constantFrom(...Object.keys(ILLEGAL)), {
        minLength: 1,
        maxLength: 12,
      }),
    )
    .map((it) => new SendIllegal(...it)),
  fc.tuple(slot, pick).map((it) => new SendAgain(...it)),
  fc.tuple(slot, pick).map((it) => new Stop(...it)),
  fc.tuple(slot, pick, fc.boolean()).map((it) => new LeaveOrAcknowledge(...it)),
  pick.map((it) => new OpenGate(it)),
  pick.map((it) => new OpenGate(it)),
];

let ran = 0;

/** Counts what the sequence really does: a command that does not fit the model's state is left out. */
class Counted implements Command {
  readonly #command: Command;

  constructor(command: Command) {
    this.#command = command;
  }

  check(model: Readonly<Model>): boolean {
    return this.#command.check(model) as boolean;
  }

  async run(model: Model, real: Real): Promise<void> {
    ran += 1;
    await this.#command.run(model, real);
  }

  toString(): string {
    return this.#command.toString();
  }
}

const sequences = fc.commands(
  commands.map((it) =>
    (it as fc.Arbitrary<Command>).map((one) => new Counted(one)),
  ),
  { maxCommands: COMMANDS_MAX, size: "max" },
);
const everyAnswerFits = fc.asyncProperty(sequences, async (sequence) => {
  const model = new Model();
  const real = await Real.create(server);
  try {
    for (const it of BEGINNING) await it.run(model, real);
    await fc.asyncModelRun(() => ({ model, real }), sequence);
    await judge(model, real);
  } finally {
    real.close();
  }
});

test(
  "every answer is as the model predicts, every run ends once, and nobody sees another's",
  async () => {
    for (let seed = SEED; ran < COMMANDS || seed === SEED; seed++) {
      await fc.assert(everyAnswerFits, {
        seed,
        numRuns: SEQUENCES,
        interruptAfterTimeLimit: BATCH_MS_MAX,
      });
      process.stdout.write(`model: ${ran} commands, up to seed ${seed}\n`);
    }
  },
  BATCH_MS_MAX + 30_000 + COMMANDS * COMMAND_MS_MAX,
);
