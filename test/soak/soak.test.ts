/**
 * The short form of `npm run soak`: half a minute of it, on a real node of its own. And the judgement itself: a life that is tampered with
 * is found out, whichever invariant is broken. The seed stands in every problem.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestServer } from "../support/server.ts";
import { brokenBy, testimonyOf } from "./judgement.ts";
import type { Testimony } from "./judgement.ts";
import { lifeOf } from "./script.ts";
import { soak } from "./soak.ts";
import { SoakUser } from "./user.ts";

const MINUTES = 0.5;
/** A slow machine ends its last lives and settles long after. */
const SOAK_MS_MAX = 400_000;

test(
  "R1-R10, I1-I6: half a minute of mixed load breaks nothing and leaves nothing behind",
  async () => {
    const report = await soak({
      minutes: MINUTES,
      users: 4,
      nodes: 1,
      seed: Date.now() % 1_000_000_000,
      onProgress: () => undefined,
    });
    expect(report.problems).toEqual([]);
    expect(report.runs).toBeGreaterThan(0);
  },
  SOAK_MS_MAX,
);

test("a seed is a life: the same one each time, another for another", () => {
  expect(lifeOf(7)).toEqual(lifeOf(7));
  expect(lifeOf(7)).not.toEqual(lifeOf(8));
});

describe("the judgement can fail", () => {
  let server: TestServer;
  let life: Testimony;
  beforeAll(async () => {
    server = await TestServer.start();
    const user = new SoakUser([server.url]);
    const asked = { do: "ask", device: 0, pick: 0, ifBusy: "enqueue" } as const;
    const work = "alpha noop!";
    await user.act({ ...asked, thread: "new", work });
    await user.act({ do: "await", device: 0 });
    await user.act({ ...asked, thread: "own", work });
    life = await testimonyOf(user);
    user.leave();
  });
  afterAll(() => server.stop());

  test("untouched, nothing is broken", () => {
    expect(life.threads).toHaveLength(1);
    expect(life.runs.size).toBe(2);
    expect(brokenBy(life)).toEqual([]);
  });

  /** The one thread of the life, with something else in it. */
  const inThread = (change: Partial<Testimony["threads"][number]>) => ({
    threads: [{ ...life.threads[0]!, ...change }],
  });
  const thread = () => life.threads[0]!;
  test.each<[string, string, () => Partial<Testimony>]>([
    ["I1", "an event is lost", () => inThread({ log: thread().log.slice(1) })],
    ["I1", "last_seq runs ahead", () => inThread({ last_seq: 1_000 })],
    ["I1", "a socket gets it twice", () => ({ sockets: [seenTwice()] })],
    ["I2", "stored twice", () => inThread({ messages: twice() })],
    [
      "I2",
      "a second run",
      () => ({ acks: [{ ...life.acks[0]!, run_id: "b" }] }),
    ],
    ["I3", "another ending", () => ({ runs: new Map(cancelled()) })],
    [
      "R1",
      "no ending",
      () => ({ runs: new Map([...life.runs, ["b", "failed"]]) }),
    ],
    ["I4", "a message is gone", () => inThread({ messages: [] })],
    ["I4", "a text is another", () => ({ sent: new Map() })],
    ["I5", "it is another's", () => ({ user: `user-${crypto.randomUUID()}` })],
    ["R5", "live and log differ", () => inThread({ log: later() })],
  ])("%s is named: %s", (invariant, _, tampered) => {
    const broken = brokenBy({ ...life, ...tampered() });
    expect(broken.filter((it) => it.startsWith(invariant))).not.toEqual([]);
  });

  const seenTwice = () => {
    const frames = life.sockets[0]!;
    return [...frames, ...frames.filter((it) => "seq" in it)];
  };
  const twice = () => [...thread().messages, ...thread().messages];
  const cancelled = () =>
    [...life.runs.keys()].map((it) => [it, "cancelled"] as const);
  const later = () =>
    thread().log.map((it) => ({
      ...it,
      timestamp: "2000-01-01T00:00:00.000Z",
    }));
});
