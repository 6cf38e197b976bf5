/** R5 R10 when the answer to a commit is lost: what was stored is stored once, and the run goes on under the same claim. */
import { expect, onTestFinished, test } from "vitest";
import { LossyProxy } from "../support/lossyProxy.ts";
import { OwnPostgres, hasPostgres } from "../support/ownServers.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest } from "../support/server.ts";

async function throughProxy() {
  const postgres = await OwnPostgres.start();
  onTestFinished(() => postgres.remove());
  const proxy = await LossyProxy.start(postgres.port);
  onTestFinished(() => proxy.close());
  const url = new URL(postgres.url);
  url.port = String(proxy.port);
  const server = await serverForTest({ env: { DATABASE_URL: url.href } });
  return { proxy, server };
}

/** Loses the answer to the first statement that fits. */
const once = (
  proxy: LossyProxy,
  fits: (now: string, before: string) => boolean,
) => {
  proxy.losing = (now, before) => proxy.lost === 0 && fits(now, before);
};

const named = (events: readonly { readonly type: string }[]) =>
  events.map((it) => it.type);

test.skipIf(!hasPostgres())(
  "R5 an append whose answer is lost is stored once, whichever it is",
  async () => {
    const { proxy, server } = await throughProxy();
    const socket = await server.connect("lost");
    const { events: expected } = await socket.ask("alpha noop; beta noop!");
    for (let nth = 1; nth <= 4; nth += 1) {
      let count = 0;
      proxy.lost = 0;
      once(
        proxy,
        (now) => now.includes("append_events") && (count += 1) === nth,
      );
      const { events } = await socket.ask("alpha noop; beta noop!");
      expect(brokenRules(events)).toEqual([]);
      expect(named(events)).toEqual(named(expected));
      expect(events.map((it) => it.attempt)).toEqual(events.map(() => 1));
    }
  },
  60_000,
);

test.skipIf(!hasPostgres())(
  "R10 an ending whose answer is lost is the run's ending, and the thread's next run follows",
  async () => {
    const { proxy, server } = await throughProxy();
    const socket = await server.connect("lost");
    const { ack } = await socket.ask("alpha noop");
    once(
      proxy,
      (now, before) =>
        now.includes("commit") &&
        before.slice(before.lastIndexOf("begin;")).includes("agent_completed"),
    );
    const { thread_id } = ack;
    const [first, second] = await Promise.all([
      socket.ask("alpha gate(a)", { thread_id }),
      socket.ask("beta noop", { thread_id }),
      server.gates.reached("a").then(() => server.gates.open("a")),
    ]);
    expect(proxy.lost).toBe(1);
    for (const { events } of [first, second]) {
      expect(brokenRules(events)).toEqual([]);
      expect(events.at(-1)).toMatchObject({ status: "completed", attempt: 1 });
    }
  },
  60_000,
);
