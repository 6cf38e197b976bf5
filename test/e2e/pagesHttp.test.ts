/** docs/PROTOCOL.md section 7: lists over HTTP, {items, next}, page by page, nothing lost and nothing twice. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Thread } from "../../src/domain/model.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Page<A> {
  readonly items: readonly A[];
  readonly next: string | number | null;
}

async function send<A>(
  path: string,
  user: string,
  method: string,
  body?: object,
) {
  const init = {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await server.fetch(path, user, init);
  const text = await response.text();
  return {
    status: response.status,
    body: (text === "" ? null : JSON.parse(text)) as A,
  };
}

/** A run that has ended, with a page of what it left. */
async function answered(user: string) {
  const socket = await server.connect(user);
  return socket.ask("alpha noop");
}

describe("pages", () => {
  test("§7 events come in pages after after_seq, and are what was delivered", async () => {
    const { ack, events } = await answered("pager");
    const path = `/api/threads/${ack.thread_id}/events`;
    expect(await server.get<Page<Event>>(path, "pager")).toEqual({
      items: events,
      next: null,
    });
    const found: Event[] = [];
    let after: string | number | null = 0;
    while (after !== null) {
      const page: Page<Event> = await server.get(
        `${path}?after_seq=${after}&limit=3`,
        "pager",
      );
      expect(page.items.length).toBeGreaterThan(0);
      expect(page.items.length).toBeLessThanOrEqual(3);
      found.push(...page.items);
      after = page.next;
    }
    expect(found).toEqual(events);
    const whole = await server.get<Page<Event>>(
      `${path}?limit=${events.length}`,
      "pager",
    );
    expect(whole.next).toBeNull();
    const beyond = await server.get<Page<Event>>(
      `${path}?after_seq=9999`,
      "pager",
    );
    expect(beyond).toEqual({ items: [], next: null });
  });

  test("§7 threads come newest first, in pages that together are all of them", async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_, at) =>
        send<Thread>("/api/threads", "lister", "POST", { title: `t${at}` }),
      ),
    );
    const found: Thread[] = [];
    let before: string | number | null = "";
    while (before !== null) {
      const cursor: string =
        before === "" ? "" : `&before=${encodeURIComponent(before)}`;
      const page: Page<Thread> = await server.get(
        `/api/threads?limit=4${cursor}`,
        "lister",
      );
      found.push(...page.items);
      before = page.next;
    }
    const ids = (threads: readonly Thread[]) =>
      threads.map((it) => it.thread_id).sort();
    expect(ids(found)).toEqual(ids(made.map((it) => it.body)));
    const times = found.map((it) => it.updated_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  test.each([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=x",
    "limit=1.5",
    "after_seq=-1",
    "after_seq=x",
  ])("§7 %s is 400", async (query) => {
    const { ack } = await answered("wrong");
    const response = await server.fetch(
      `/api/threads/${ack.thread_id}/events?${query}`,
      "wrong",
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ path: query.split("=")[0] });
  });

  test.each(["before=yesterday", "before=2026-13-45", "limit=0"])(
    "§7 threads?%s is 400",
    async (query) => {
      expect(
        (await server.fetch(`/api/threads?${query}`, "wrong")).status,
      ).toBe(400);
    },
  );
});
