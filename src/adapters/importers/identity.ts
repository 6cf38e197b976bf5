/**
 * What makes two rows the same row, over all files of a user. Promises: the identity depends on what the row says and on how often
 * the file has said exactly that before; not on the file's name, its chunks, its format's spelling, or the order of its rows.
 */
import { hash } from "node:crypto";
import type { UsageRecord } from "../../domain/model.ts";

const IDENTITY_HEX_DIGITS = 32;
/** 52 bits: exact in a number; of 360 files with 5 million rows each, one would hold two contents that share them. */
const COUNTED_HEX_DIGITS = 13;

/**
 * Identifies the records of one file, in any order. A record with its source's request id is that id; any other is the hash of its
 * content and its ordinal among equal rows, so that two equal rows both count and the same file read again adds nothing.
 *
 * It remembers one count per distinct content (about 40 bytes each), up to limits.importRowsMax rows. The counts go by a shorter
 * hash; should two contents ever share it, a second import of the file in another order could count one row twice.
 */
export function identifier(): (record: UsageRecord) => string {
  const seen = new Map<number, number>();
  return (record) => {
    if (record.request_id !== null)
      return digest(["request", record.request_id]);
    const content = digest(contentOf(record));
    const key = Number.parseInt(content.slice(0, COUNTED_HEX_DIGITS), 16);
    const ordinal = seen.get(key) ?? 0;
    seen.set(key, ordinal + 1);
    return ordinal === 0 ? content : digest([content, ordinal]);
  };
}

function contentOf(record: UsageRecord): readonly (string | number | null)[] {
  const { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } =
    record.tokens;
  return [
    record.at,
    record.model,
    record.provider,
    record.project,
    record.feature,
    record.user,
    record.api_key,
    record.tier,
    record.requests,
    uncached_input,
    cache_read,
    cache_write_5m,
    cache_write_1h,
    output,
    record.billed_usd,
  ];
}

function digest(parts: readonly (string | number | null)[]): string {
  return hash("sha256", JSON.stringify(parts), "hex").slice(
    0,
    IDENTITY_HEX_DIGITS,
  );
}
