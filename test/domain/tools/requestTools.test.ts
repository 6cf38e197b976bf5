/** Tools for what single requests tell: those that failed, and what one costs. */
import { expect, test } from "vitest";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import { content, expectSourced, over, run } from "../../support/analyst.ts";
import { use } from "../../support/tools.ts";
import { daily, usage } from "../../support/usageData.ts";

const scope = {
  period: toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC"),
  time_zone: "UTC",
};

/** Twenty requests of gpt-4o-mini whose costs are 15 cents times 1 to 20. */
const requests = daily("2026-11-20", 20, (day, index) =>
  usage(day, {
    model: "gpt-4o-mini",
    requests: 1,
    tokens: { ...NO_TOKENS, uncached_input: (index + 1) * 1_000_000 },
  }),
);
const buckets = daily("2026-11-20", 20);

test("request_costs: mean, median, 95th percentile and the dearest, of single requests alone", async () => {
  const found = await use("request_costs", scope, [...requests, ...buckets]);
  // 0.15 × 10.5, × 10, × 19, × 20.
  expect(found.models).toEqual([
    {
      model: "gpt-4o-mini",
      requests: 20,
      mean_usd: 1.575,
      p50_usd: expect.closeTo(1.5, 9),
      p95_usd: expect.closeTo(2.85, 9),
      max_usd: expect.closeTo(3, 9),
    },
  ]);
  expect((await use("request_costs", scope, buckets)).models).toEqual([]);
});

test("failed_requests: of those that tell, by model; a source that does not tell is in neither number", async () => {
  const telling = (model: string, failed: number) =>
    daily("2026-11-20", 5, (day) =>
      usage(day, { model, failed_requests: failed }),
    );
  const found = await use("failed_requests", scope, [
    ...telling("gpt-4o", 1),
    ...telling("gpt-4o-mini", 4),
    ...buckets,
  ]);
  expect(found).toMatchObject({
    requests: 100,
    failed_requests: 25,
    failed_percent: 25,
  });
  expect(
    found.models.map((it) => [it.model, it.failed_percent]).toSorted(),
  ).toEqual([
    ["gpt-4o", 10],
    ["gpt-4o-mini", 40],
  ]);
  expect(await use("failed_requests", scope, buckets)).toMatchObject({
    requests: 0,
    failed_percent: null,
  });
});

test("an overview says both, with their sources", async () => {
  const ran = await run("Analyze my AI costs", {
    services: over(requests.map((it) => ({ ...it, failed_requests: 0 }))),
  });
  expect(content(ran)).toContain("**What a request costs**");
  expect(content(ran)).toContain(
    "0% of the 20 requests whose outcome is known failed",
  );
  expectSourced(ran);
});
