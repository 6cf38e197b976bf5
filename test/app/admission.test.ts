/** What counts as one address among handshakes: all that one host may take for its own. */
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { addressOf } from "../../src/app/admission.ts";

const PROXY = "2001:db8:ffff::1";

/** The part of a request that tells where it is from. */
function requestFrom(remoteAddress: string, forwarded?: string) {
  const headers =
    forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

test.each([
  ["2001:db8:1:2::3", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2::3", "2001:0DB8:0001:0002::4", true],
  ["2001:db8:1:2::3", "2001:db8:1:3::3", false],
  ["2001:db8::1", "2001:db8:0:0:1::1", true],
  ["fe80::1%eth0", "fe80::2", true],
  ["::ffff:192.0.2.1", "192.0.2.1", true],
  ["::ffff:c000:201", "192.0.2.1", true],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
  ["192.0.2.1", "192.0.2.2", false],
  ["::1", "127.0.0.1", false],
])("§9 %s and %s count as one host: %s", (one, other, same) => {
  const direct = [one, other].map((it) => addressOf(requestFrom(it), []));
  const behindProxy = [one, other].map((it) =>
    addressOf(requestFrom(PROXY, `192.0.2.9, ${it}`), [PROXY]),
  );
  for (const [a, b] of [direct, behindProxy]) expect(a === b).toBe(same);
});

test("§9 whom an untrusted peer names is not counted, and what a proxy writes that is no address counts as written", () => {
  const forwarded = "198.51.100.7";
  expect(addressOf(requestFrom("192.0.2.1", forwarded), [])).toBe("192.0.2.1");
  expect(
    addressOf(requestFrom("::ffff:192.0.2.1", forwarded), ["192.0.2.1"]),
  ).toBe(forwarded);
  expect(addressOf(requestFrom(PROXY, "unknown"), [PROXY])).toBe("unknown");
});
