/** docs/PROTOCOL.md section 6: every end of a connection has its code, and nothing of a defect is told. */
import { describe, expect, test } from "vitest";
import type { ConnectionEnd } from "../../machines/connection.ts";
import { closing } from "../../src/domain/closing.ts";
import { TooManyConnections, Unauthorized } from "../../src/domain/errors.ts";
import { UNAUTHORIZED_REASONS } from "../../src/domain/protocol.ts";

const defect = new Error("password=hunter2 at /srv/app/index.js");

const ENDS: [ConnectionEnd, number][] = [
  [
    { kind: "refused", error: new Unauthorized({ reason: "token_missing" }) },
    4401,
  ],
  [
    { kind: "refused", error: new Unauthorized({ reason: "token_invalid" }) },
    4401,
  ],
  [
    { kind: "refused", error: new Unauthorized({ reason: "token_expired" }) },
    4401,
  ],
  [
    { kind: "refused", error: new Unauthorized({ reason: "token_revoked" }) },
    4401,
  ],
  [
    {
      kind: "refused",
      error: new Unauthorized({ reason: "keys_unavailable" }),
    },
    1013,
  ],
  [{ kind: "refused", error: new TooManyConnections({ limit: 3 }) }, 4429],
  [{ kind: "refused", error: defect }, 1011],
  [{ kind: "authenticationTimeout" }, 4408],
  [{ kind: "tokenExpired" }, 4401],
  [{ kind: "revoked" }, 4401],
  [{ kind: "identityChanged" }, 4401],
  [{ kind: "heartbeatMissed" }, 4302],
  [{ kind: "consumerStalled" }, 4301],
  [{ kind: "policyViolated" }, 1008],
  [{ kind: "removed" }, 1000],
  [{ kind: "serverStopped" }, 1012],
  [{ kind: "defect", error: defect }, 1011],
];

describe("closing", () => {
  test.each(ENDS)("§6 %o closes with %i", (end, code) => {
    const how = closing(end);
    expect(how?.code).toBe(code);
    expect(Buffer.byteLength(how!.reason)).toBeLessThanOrEqual(123);
    expect(JSON.stringify(how)).not.toMatch(/hunter2|\/srv/);
  });

  test("§1 an unauthorized end says why: as error frame and as close text", () => {
    for (const reason of UNAUTHORIZED_REASONS) {
      const how = closing({
        kind: "refused",
        error: new Unauthorized({ reason }),
      });
      expect(how).toMatchObject({
        reason,
        error: { code: "unauthorized", reason },
      });
    }
    expect(closing({ kind: "tokenExpired" })).toMatchObject({
      reason: "token_expired",
    });
    expect(closing({ kind: "revoked" })).toMatchObject({
      reason: "token_revoked",
    });
  });

  test("nobody is left to tell when the peer has gone", () => {
    expect(closing({ kind: "gone" })).toBeNull();
  });
});
