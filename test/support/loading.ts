/** Imports for tests of what is stored: batches in, and out again. */
import { Effect } from "effect";
import type { ImportId, ImportResult, UserId } from "../../src/domain/model.ts";
import { UsageStore } from "../../src/domain/ports.ts";
import type { IdentifiedRecord } from "../../src/domain/ports.ts";
import type { Backend } from "./backends.ts";

/** Loads into the backend that is open when it is asked. */
export function loading(backend: () => Backend) {
  const use = <A, E>(
    work: (store: UsageStore["Service"]) => Effect.Effect<A, E>,
  ) => backend().run(UsageStore.use(work));
  /** Imports batches as one file; answers its id and what each batch kept. */
  const load = async (
    user: UserId,
    batches: readonly (readonly IdentifiedRecord[])[],
    sample = false,
  ) => {
    const source = { format: "test", sample, file_name: null };
    const id = await use((it) => it.beginImport(user, source));
    const saved = [];
    for (const batch of batches)
      saved.push(await use((it) => it.saveRecords(user, id, batch)));
    const kept = saved.reduce((sum, it) => sum + it.kept, 0);
    const rows = { read: kept, kept, skipped: 0, duplicate: 0 };
    const result = { import_id: id, sample, rows } as ImportResult;
    await use((it) => it.finishImport(user, result));
    return { id, saved };
  };
  const remove = (user: UserId, id: ImportId) =>
    use((it) => Effect.result(it.removeImport(user, id)));
  return { load, remove };
}
