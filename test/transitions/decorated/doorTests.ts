/** Tests that leave out a transition of the door. They run only under `npm run transitions -- door`. */
import { expect, test } from "vitest";
import { createActor } from "xstate";
import { doorMachine } from "./door.ts";

test("a push opens, a pull closes", () => {
  const door = createActor(doorMachine).start();
  door.send({ type: "push" });
  expect(door.getSnapshot().value).toBe("open");
  door.send({ type: "pull" });
  expect(door.getSnapshot().value).toBe("closed");
});
