/**
 * `npm run model`: the model-based test with MODEL_COMMANDS commands (100,000 by default), from MODEL_SEED on. Promises: prints the seed it
 * begins with and, as it goes, how far it is; exit code 1 when an answer was not as predicted.
 */
import { startVitest } from "vitest/node";

process.env["MODEL_COMMANDS"] ??= "100000";
process.env["MODEL_SEED"] ??= String(Date.now() % 1_000_000_000);
const { MODEL_COMMANDS, MODEL_SEED } = process.env;
process.stdout.write(`${MODEL_COMMANDS} commands from seed ${MODEL_SEED}\n`);
const vitest = await startVitest("test", ["test/model/commands.test.ts"], {
  watch: false,
});
await vitest.close();
