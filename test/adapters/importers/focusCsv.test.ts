/** FOCUS charges: the invoice's total to the cent, what is no dollar, and the same month exported again. */
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/domain/limits.ts";
import { fixture, refusal, take } from "./support.ts";

const FOCUS = fixture("focus_1_2.csv");
const charge = (columns: Readonly<Record<string, string>>) => {
  const all: Readonly<Record<string, string>> = {
    BilledCost: "1",
    BillingCurrency: "USD",
    ChargePeriodStart: "2026-10-01T00:00:00Z",
    ...columns,
  };
  const quoted = Object.values(all).map(
    (it) => `"${it.replaceAll('"', '""')}"`,
  );
  return `${Object.keys(all).join(",")}\n${quoted.join(",")}\n`;
};

describe("FOCUS charges", () => {
  it("add up to what was billed, credits and corrections taken off", async () => {
    const { result, records } = await take(FOCUS);
    expect(result).toMatchObject({
      format: "focus_csv",
      rows: { read: 10, kept: 8, skipped: 2, duplicate: 0 },
      skipped: [
        { line: 8, reason: "BillingCurrency is not USD" },
        { line: 9, reason: "BilledCost is not an amount" },
      ],
      period: {
        from: "2026-10-01T00:00:00.000Z",
        to: "2026-10-02T05:00:00.001Z",
      },
    });
    // 12.345678 + 7.05 + 0 − 5 − 1.2345 + 2.47 + 2 × 0.0015; the 3.10 of EffectiveCost were paid for before.
    const billed = records.reduce((sum, it) => sum + (it.billed_usd ?? 0), 0);
    expect(billed).toBeCloseTo(15.634178, 10);
    expect(
      records.every(
        ({ measures, requests, tokens }) =>
          measures === "charge" &&
          requests === 0 &&
          Object.values(tokens).every((count) => count === 0),
      ),
    ).toBe(true);
  });

  it("name meter, service, sub-account, provider and tags", async () => {
    const { records } = await take(FOCUS);
    expect(records[0]).toMatchObject({
      at: "2026-10-01T00:00:00.000Z",
      model: "claude-sonnet-4-5 input tokens",
      provider: "Cloud",
      project: "helpdesk",
      feature: "Model Service",
      billed_usd: 12.345678,
      tags: ["env:prod", "gold", "team:support"],
    });
    expect(records[3]).toMatchObject({
      model: "Model Service",
      billed_usd: -5,
      tags: ["ChargeCategory:Credit"],
    });
    expect(records[5]).toMatchObject({
      project: null,
      tags: ["ChargeCategory:Tax", "ServiceCategory:Other"],
    });
    const newer = await take(
      charge({ ProviderName: "Old", ServiceProviderName: "New" }),
    );
    expect(newer.records[0]?.provider).toBe("New");
  });

  it("exported again, in another order and with other sums, are the same charges", async () => {
    const { shelf } = await take(FOCUS);
    const [header, ...lines] = FOCUS.toString().trim().split("\n");
    const again = [header, ...lines.toReversed()]
      .join("\n")
      .replaceAll("7.05", "7.15");
    const { result } = await take(again, {}, shelf);
    expect(result.rows).toMatchObject({ kept: 0, duplicate: 8 });
  });

  it.each([
    ["BilledCost", ""],
    ["BilledCost", "-"],
    ["BilledCost", "--1"],
    ["EffectiveCost", "free"],
    ["BillingCurrency", ""],
    ["ChargePeriodStart", "October"],
    ["Tags", "env=prod"],
    ["Tags", "[1]"],
  ])("say so when %s is %j", async (column, value) => {
    const { result } = await take(charge({ [column]: value }));
    expect(result.skipped[0]?.reason).toMatch(new RegExp(`^${column} is`));
  });

  it("keep their money when their tags and descriptions are long", async () => {
    const long = "x".repeat(5_000);
    const many = Array.from({ length: 100 }, (_, index) => [`t${index}`, long]);
    const { records } = await take(
      charge({
        ChargeDescription: long,
        Tags: JSON.stringify(Object.fromEntries(many)),
      }),
    );
    expect(records[0]?.billed_usd).toBe(1);
    expect(records[0]?.tags).toHaveLength(limits.importTagsMax);
    expect(
      records[0]?.tags.every(
        (tag) => tag.length <= limits.importTextCharactersMax,
      ),
    ).toBe(true);
  });

  it("are not the contract commitments of FOCUS 1.3", async () => {
    await refusal(
      "ContractId,ContractCommitmentCost,BillingCurrency\nc,1,USD\n",
    );
  });
});
