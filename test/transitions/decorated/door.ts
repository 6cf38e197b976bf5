/** A machine with a decoration: nobody misses the knock. It shows that `npm run transitions` can fail. */
import { setup } from "xstate";

export const doorMachine = setup({}).createMachine({
  id: "door",
  initial: "closed",
  states: {
    closed: { on: { push: "open" } },
    open: { on: { pull: "closed", knock: "closed" } },
  },
});
