/** What several fault tests say alike: how patient a node is with its tools, how soon a lost run goes on, and that all is as it must be at the end. */
import { expect } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { brokenInvariants, readStored } from "../support/invariants.ts";
import type { Stored } from "../support/invariants.ts";
import type { TestSocket } from "../support/socket.ts";
import { until } from "./until.ts";

/** What docs/PROTOCOL.md promises for a lost node's runs. */
export const TAKEN_UP_MS = 15_000;

/** The first owner waits for its tools as long as it lives; its successors give up on them soon. */
export const PATIENT = {
  RUN_TIMEOUT_MS: "300000",
  AGENT_TIMEOUT_MS: "300000",
  TOOL_TIMEOUT_MS: "300000",
};
export const IMPATIENT = { ...PATIENT, TOOL_TIMEOUT_MS: "300" };

const END_MS = 60_000;

/** I1 to I5 once all that was sent is handled and all runs have ended, with what these sockets saw, by their users. */
export async function expectSound(
  cluster: Cluster,
  sockets: readonly (readonly [user: string, socket: TestSocket])[],
): Promise<Stored> {
  for (const [, socket] of sockets)
    if (socket.ws.readyState === socket.ws.OPEN) await socket.settle();
  await until("the end of all runs", END_MS, async () => {
    const { runs } = await readStored(cluster.postgres.url);
    return runs.every(({ status }) => !["queued", "running"].includes(status));
  });
  const witnesses = sockets.map(([user, { frames }]) => ({
    user,
    canary: crypto.randomUUID(),
    frames: [...frames],
  }));
  const stored = await readStored(cluster.postgres.url);
  expect(brokenInvariants(stored, witnesses)).toEqual([]);
  return stored;
}
