/** DeepSeek's cost file on a small file with totals reckoned by hand, and what is left of its export. */
import { describe, expect, it } from "vitest";
import { billedUsd, fixture, refusal, take } from "./support.ts";

describe("DeepSeek cost CSV", () => {
  it("makes charges of what was billed in US dollars, on the days of the export's own zone", async () => {
    const { result, records } = await take(fixture("deepseek_costs.csv"));
    expect(result).toMatchObject({
      format: "deepseek_costs_csv",
      rows: { read: 4, kept: 3, skipped: 1, duplicate: 0 },
      skipped: [{ line: 5, reason: "currency is not USD" }],
      models: ["deepseek-v4-flash", "deepseek-v4-pro"],
      unpriced_models: [],
    });
    // 0.0101 + 0.25 + 1.40
    expect(billedUsd(records)).toBeCloseTo(1.6601, 10);
    expect(records[0]).toMatchObject({
      at: "2026-09-30T16:00:00.000Z",
      provider: "deepseek",
      measures: "charge",
      requests: 0,
      user: null,
    });
  });

  it("tells what two wallets paid for one model apart", async () => {
    const [header, paid, granted] = fixture("deepseek_costs.csv")
      .toString()
      .split("\n");
    const { records } = await take([header, paid, granted].join("\n"));
    const alone = await take([header, granted].join("\n"));
    expect(alone.records[0]?.identity).toBe(records[1]?.identity);
  });

  it("does not take the amount file for anything", async () => {
    await refusal(
      "user_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount\n" +
        "account-1,2026-10-01T00:00:00+08:00,2026-10-02T00:00:00+08:00,deepseek-v4-pro,house,sk-1***2,request_count,,92\n",
    );
  });
});
