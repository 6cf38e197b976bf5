/**
 * The database goes away under load, cleanly and not, and comes back (§8). Connections stay, messages in between are refused as retryable, and
 * the client's outbox brings each of them exactly one run.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Cluster } from "../support/cluster.ts";
import { atRest, expectBackAtRest } from "./rest.ts";
import { Load } from "./load.ts";
import { amount, draw, seeded } from "./seed.ts";
import { pause, until } from "./until.ts";
import type { LoadUser } from "./user.ts";

const OUTAGES = amount(1, 4);
const outage = fc.record({
  /** From the last event of note to the stop. */
  afterMs: fc.integer({ min: 0, max: 400 }),
  lastsMs: fc.integer({ min: 0, max: 4_000 }),
});

/** What a client sees of it that sends a message while it lasts; answers the same message's later fate. */
async function refusedMeanwhile(
  cluster: Cluster,
  database: () => Promise<void>,
) {
  const socket = await cluster.node(0).connect("outlasting");
  await database();
  const down = await socket.next(
    "service_status",
    (it) => it.services.database === "down",
  );
  expect(down.mode).toBe("degraded");
  const message_id = crypto.randomUUID();
  const message = { type: "user_message", message_id, text: "alpha noop!" };
  socket.send(message);
  expect(await socket.next("error")).toMatchObject({
    code: "service_unavailable",
    retryable: true,
    message_id,
    retry_after_ms: expect.any(Number),
  });
  return async () => {
    await socket.next("service_status", (it) => it.mode === "full");
    socket.send(message);
    const ack = await socket.next("ack");
    expect(ack).toMatchObject({ message_id, status: "accepted" });
    await socket.run(ack.run_id);
    socket.close();
  };
}

const isRefusal = (user: LoadUser) =>
  user.frames.filter(
    (it) => it.type === "error" && it.code === "service_unavailable",
  );

test.each([
  { name: "fast", signal: "SIGINT" },
  { name: "immediate", signal: "SIGQUIT" },
] as const)(
  seeded("I1–I6 §8 PostgreSQL is shut down under load ($name) and started"),
  async ({ name, signal }) => {
    const cluster = await Cluster.start();
    const before = await atRest(cluster);
    const load = Load.start(cluster);
    for (const { afterMs, lastsMs } of draw(name, outage, OUTAGES)) {
      await load.goesOn(8);
      await pause(afterMs);
      const accepted = await refusedMeanwhile(cluster, () =>
        cluster.postgres.stop(signal),
      );
      const [asking] = load.users as [LoadUser];
      const refusals = isRefusal(asking).length;
      const asked = asking.ask("alpha noop!", null, () => undefined);
      await until(
        "a refusal",
        15_000,
        () => isRefusal(asking).length > refusals,
        () => asking.describe(),
      );
      await pause(lastsMs);
      await cluster.postgres.start();
      await accepted();
      await asked;
    }
    await load.goesOn(8);
    await load.finish();
    await expectBackAtRest(cluster, before);
  },
  240_000 + OUTAGES * 60_000,
);
