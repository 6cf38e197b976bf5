/** The SessionStore port: revocations on record, and each user's last session. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { ThreadId, UserId } from "../../src/domain/model.ts";
import { SessionStore } from "../../src/domain/ports.ts";
import type {
  RememberedThread,
  RevocationTarget,
} from "../../src/domain/ports.ts";
import { backends } from "../support/backends.ts";
import type { Backend } from "../support/backends.ts";

const nobody = () => `u-${crypto.randomUUID()}` as UserId;
const threads = (...seqs: number[]): RememberedThread[] =>
  seqs.map((seq) => ({ thread_id: crypto.randomUUID() as ThreadId, seq }));

describe.each(backends)("SessionStore on $name", ({ open }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const revoke = (target: RevocationTarget) =>
    backend.run(SessionStore.use((it) => it.revoke(target)));
  const revocations = (since: string | null = null) =>
    backend.run(SessionStore.use((it) => it.revocations(since)));
  const save = (
    ...sessions: { user_id: UserId; threads: readonly RememberedThread[] }[]
  ) => backend.run(SessionStore.use((it) => it.saveSessions(sessions)));
  const lastThreads = (user: UserId) =>
    backend.run(SessionStore.use((it) => it.lastThreads(user)));

  describe("revocations", () => {
    test("one is on record with when it was made and when it ends", async () => {
      const before = Date.now();
      const made = await revoke({ kind: "token", name: "é💶 jti" });
      expect(made).toMatchObject({ kind: "token", name: "é💶 jti" });
      expect(Math.abs(Date.parse(made.revoked_at) - before)).toBeLessThan(
        60_000,
      );
      expect(
        Date.parse(made.expires_at) - Date.parse(made.revoked_at),
      ).toBeCloseTo(limits.revocationLifetimeSeconds * 1_000, -5);
      expect(await revocations()).toContainEqual(made);
    });

    test("the same again counts from now, and a token's is not a user's", async () => {
      const name = nobody();
      const first = await revoke({ kind: "user", name });
      await backend.pool.query(
        "update revocations set revoked_at = revoked_at - interval '1 hour'",
      );
      const again = await revoke({ kind: "user", name });
      await revoke({ kind: "token", name });
      expect(again.revoked_at >= first.revoked_at).toBe(true);
      const own = (await revocations()).filter((it) => it.name === name);
      expect(own.map((it) => it.kind).toSorted()).toEqual(["token", "user"]);
      expect(own).toContainEqual(again);
    });

    test("the latest comes first; since an instant, none that came after it is missing", async () => {
      const first = await revoke({ kind: "user", name: nobody() });
      await backend.pool.query(
        "update revocations set revoked_at = revoked_at - interval '1 hour'",
      );
      const second = await revoke({ kind: "user", name: nobody() });
      const third = await revoke({ kind: "user", name: nobody() });
      const since = await revocations(second.revoked_at);
      expect(since.slice(0, 2)).toEqual([third, second]);
      expect(since.map((it) => it.name)).not.toContain(first.name);
      expect((await revocations()).map((it) => it.name)).toContain(first.name);
    });

    test("one that has expired holds no more, and is gone with the next", async () => {
      const { name } = await revoke({ kind: "user", name: nobody() });
      await backend.pool.query(
        "update revocations set expires_at = now() - interval '1 second' where name = $1",
        [name],
      );
      expect((await revocations()).map((it) => it.name)).not.toContain(name);
      await revoke({ kind: "user", name: nobody() });
      const { rows } = await backend.pool.query(
        "select 1 from revocations where name = $1",
        [name],
      );
      expect(rows).toEqual([]);
    });
  });

  describe("last sessions", () => {
    test("many users' are saved at once, each with its own threads in their order", async () => {
      const users = Array.from({ length: 30 }, nobody);
      const sessions = users.map((user_id) => ({
        user_id,
        threads: threads(3, 0, 7),
      }));
      await save(...sessions);
      for (const { user_id, threads } of sessions)
        expect(await lastThreads(user_id)).toEqual(threads);
    });

    test("a later session replaces the one before, an empty one too; who had none has none", async () => {
      const user_id = nobody();
      expect(await lastThreads(user_id)).toEqual([]);
      await save({ user_id, threads: threads(1) });
      const later = threads(2, 3);
      await save({ user_id, threads: later });
      expect(await lastThreads(user_id)).toEqual(later);
      await save({ user_id, threads: [] });
      expect(await lastThreads(user_id)).toEqual([]);
      await save();
    });

    test("many nodes save the same users at once without locking one another out", async () => {
      const users = Array.from({ length: 40 }, nobody);
      const batch = (order: readonly UserId[]) =>
        save(...order.map((user_id) => ({ user_id, threads: threads(1) })));
      await Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          batch(at % 2 === 0 ? users : users.toReversed()),
        ),
      );
      for (const user of users) expect(await lastThreads(user)).toHaveLength(1);
    });

    test("one that is too long ago is none", async () => {
      const user_id = nobody();
      await save({ user_id, threads: threads(1) });
      await backend.pool.query(
        "update sessions set saved_at = now() - make_interval(secs => $2) where user_id = $1",
        [user_id, limits.sessionLifetimeSeconds + 1],
      );
      expect(await lastThreads(user_id)).toEqual([]);
    });
  });
});
