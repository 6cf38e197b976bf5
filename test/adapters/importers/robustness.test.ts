/** Whatever a file holds, an import ends in a result that adds up or in a refusal that leaves nothing behind. */
import { gzipSync } from "node:zlib";
import { fc, test } from "@fast-check/vitest";
import { Effect, Exit, Fiber, Layer } from "effect";
import { describe, expect, it } from "vitest";
import { importFile } from "../../../src/adapters/importers/index.ts";
import { priceBook } from "../../../src/adapters/prices.ts";
import { ImportRefused } from "../../../src/domain/errors.ts";
import { limits } from "../../../src/domain/limits.ts";
import {
  Shelf,
  USER,
  fixture,
  inChunks,
  refusal,
  run,
  take,
} from "./support.ts";

const FILES = [
  "openai_usage.csv",
  "openai_usage.json",
  "openai_costs.csv",
  "openai_costs.json",
  "anthropic_usage.csv",
  "anthropic_usage.json",
  "anthropic_costs.csv",
  "anthropic_costs.json",
  "deepseek_costs.csv",
  "litellm_spend_logs.csv",
  "litellm_spend_logs.jsonl",
  "litellm_daily_user_spend.csv",
  "langfuse_observations.csv",
  "langfuse_events.jsonl",
  "helicone.csv",
  "openrouter_activity.csv",
  "openrouter_activity.json",
  "ccusage.json",
  "plain.csv",
  "mooncake_conversation_excerpt.jsonl",
  "otlp_spans.jsonl",
  "focus_1_2.csv",
].map(fixture);
const HEADER = "timestamp,model,input_tokens,output_tokens,user\n";
const ROW = "2026-10-05,gpt-4.1,1,1,ana\n";

/** Runs an import that may go either way and checks what holds in both. */
async function endsWell(content: Uint8Array): Promise<void> {
  const shelf = new Shelf();
  const outcome = await Effect.runPromise(
    importFile(USER, inChunks(content, 97), { model: "gpt-4o" }).pipe(
      Effect.catchTag("ImportRefused", (refused) => Effect.succeed(refused)),
      Effect.provide(Layer.merge(shelf.layer, priceBook)),
    ),
  );
  if (outcome instanceof ImportRefused) {
    expect(outcome.problem).not.toBe("");
    expect(shelf.records.size + shelf.imports.size).toBe(0);
    return;
  }
  const { read, kept, skipped, duplicate } = outcome.rows;
  expect(kept + skipped + duplicate).toBe(read);
  expect(shelf.records.size).toBe(kept);
  expect(
    outcome.skipped.every(({ line, reason }) => line >= 1 && reason !== ""),
  ).toBe(true);
}

describe("any bytes", () => {
  const file = fc.constantFrom(...FILES);

  test.prop([file, fc.nat()])("a file that is cut off", (content, at) =>
    endsWell(content.subarray(0, at % (content.length + 1))),
  );

  test.prop([
    file,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 8,
    }),
  ])("a file with wrong bytes", (content, changes) => {
    const damaged = Buffer.from(content);
    for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
    return endsWell(damaged);
  });

  test.prop([file, fc.nat({ max: 40 })])(
    "a file whose lines are shuffled",
    (content, turn) => {
      const lines = content.toString().split("\n");
      const at = turn % lines.length;
      return endsWell(
        Buffer.from([...lines.slice(at), ...lines.slice(0, at)].join("\n")),
      );
    },
  );

  test.prop([fc.uint8Array({ maxLength: 300 })])("anything at all", (content) =>
    endsWell(content),
  );

  test.prop([file, fc.nat()])(
    "a gzip file that is cut off is refused whole",
    async (content, at) => {
      const packed = gzipSync(content);
      await refusal(packed.subarray(0, at % packed.length));
    },
  );
});

describe("refused before anything is stored", () => {
  it.each([
    ["nothing", "", "The file is empty"],
    ["blank lines", "\n \r\n\n", "The file is empty"],
    [
      "columns of something else",
      "name,age\nana,3\n",
      "The columns are those of no format that is known here",
    ],
    [
      "JSON of something else",
      '{"hello": "world"}',
      "The JSON is of no format that is known here",
    ],
    [
      "JSON that is cut off",
      fixture("openai_usage.json").subarray(0, 400),
      "The file starts like JSON but is not JSON, or is cut off",
    ],
    [
      "a spreadsheet",
      Buffer.from("PK\u0003\u0004etc"),
      "This is a ZIP archive or a spreadsheet, not text: unpack it, or save it as CSV",
    ],
    [
      "UTF-16",
      Buffer.from("\ufefftimestamp,model", "utf16le"),
      "The text is UTF-16: save it as UTF-8",
    ],
    [
      "UTF-16 in gzip",
      gzipSync(Buffer.from("\ufefftime", "utf16le")),
      "The text is UTF-16: save it as UTF-8",
    ],
    [
      "an image",
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff]),
      "Line 1 cannot be read: the line is not UTF-8 text",
    ],
  ])("%s", async (_name, content, problem) => {
    const refused = await refusal(content);
    expect(refused.problem).toContain(problem.slice(0, 20));
    expect(refused.expected.length).toBeGreaterThan(10);
    expect(refused.shelf.begun).toBe(0);
  });

  it("a file of another format than the one asked for", async () => {
    const { expected, shelf } = await refusal(fixture("openai_usage.csv"), {
      format: "anthropic_usage_csv",
    });
    expect(expected).toContain("usage_date_utc");
    expect(shelf.begun).toBe(0);
  });

  it("a file that is larger than the limit, without reading on", async () => {
    const mebibyte = Buffer.alloc(1_048_576, "x");
    let read = 0;
    const endless = (async function* () {
      for (;;) {
        read += mebibyte.length;
        yield mebibyte;
      }
    })();
    expect((await refusal(endless)).problem).toContain("larger than");
    expect(read).toBe(limits.importBytesMax + mebibyte.length);
  });
});

describe("an import that does not reach its end", () => {
  const many = HEADER + ROW.repeat(limits.importBatchRows * 3);

  it("keeps nothing when the upload breaks off", async () => {
    const broken = (async function* () {
      yield Buffer.from(many);
      throw new Error("socket hang up");
    })();
    const { problem, shelf } = await refusal(broken);
    expect(problem).toBe("The file broke off before its end");
    expect(shelf.batches.length).toBeGreaterThan(0);
    expect(shelf.records.size + shelf.imports.size).toBe(0);
  });

  it("keeps nothing when the store fails on the way", async () => {
    const shelf = new Shelf();
    shelf.failAtBatch = 2;
    const exit = await run(importFile(USER, inChunks(many)), shelf);
    expect(Exit.isFailure(exit)).toBe(true);
    expect(shelf.records.size + shelf.imports.size).toBe(0);
  });

  it("keeps nothing when it is interrupted, even while the source stalls", async () => {
    const shelf = new Shelf();
    let stalled = () => {};
    const reached = new Promise<void>((resolve) => (stalled = resolve));
    const stalling = (async function* () {
      yield Buffer.from(many);
      stalled();
      await new Promise(() => {});
    })();
    const fiber = Effect.runFork(
      importFile(USER, stalling).pipe(
        Effect.provide(Layer.merge(shelf.layer, priceBook)),
      ),
    );
    await reached;
    await Effect.runPromise(Fiber.interrupt(fiber));
    expect(shelf.begun).toBe(1);
    expect(shelf.records.size + shelf.imports.size).toBe(0);
  });

  it("saves in batches and tells how far it is", async () => {
    const seen: { bytes: number; rows: number }[] = [];
    const packed = gzipSync(many);
    const { shelf, result } = await take(packed, {
      onProgress: (progress) => seen.push(progress),
    });
    expect(Math.max(...shelf.batches)).toBe(limits.importBatchRows);
    expect(seen.at(-1)).toEqual({
      bytes: packed.length,
      rows: result.rows.read,
    });
  });
});
