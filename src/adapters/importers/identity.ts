/**
 * What makes two rows the same row, over all files of a user. Promises: the identity depends on what names the row and on how often
 * the file has named exactly that before; not on the file's name, its chunks, its format's spelling, or the order of its rows.
 */
import { hash } from "node:crypto";
import type { SourceId, UsageRecord } from "../../domain/model.ts";
import { Counts } from "./counts.ts";

const IDENTITY_HEX_DIGITS = 32;
/** 52 bits: exact in a number; of 360 files with 5 million rows each, one would hold two contents that share them. */
const COUNTED_HEX_DIGITS = 13;

/**
 * Identifies the records of one file, in any order. A request is its source's id; anything else is the hash of what names it, a bucket of what
 * the source grouped by and a row of all that it says, and its ordinal among those of one name in the file: two equal rows both count,
 * and the same file read again adds nothing.
 *
 * It remembers one count per distinct name (16 to 32 bytes each), up to limits.importRowsMax rows. The counts go by a shorter
 * hash; should two names ever share it, a second import of the file in another order could count one row twice.
 */
export function identifier(): (record: UsageRecord) => string {
  const seen = new Counts();
  return (record) => {
    const { source_id } = record;
    if (source_id.kind === "request") return digest(["request", source_id.id]);
    const name = digest([...nameOf(record), ...moreOf(record, source_id)]);
    const key = Number.parseInt(name.slice(0, COUNTED_HEX_DIGITS), 16);
    const ordinal = seen.add(key);
    return ordinal === 0 ? name : digest([name, ordinal]);
  };
}

function nameOf(record: UsageRecord): Parts {
  return [
    record.at,
    record.model,
    record.provider,
    record.project,
    record.feature,
    record.user,
    record.api_key,
    record.tier,
  ];
}

function moreOf(record: UsageRecord, source: SourceId): Parts {
  if (source.kind === "bucket")
    return ["bucket", record.measures, ...source.of];
  const { uncached_input, cache_read, cache_write_5m, cache_write_1h, output } =
    record.tokens;
  return [
    record.requests,
    uncached_input,
    cache_read,
    cache_write_5m,
    cache_write_1h,
    output,
    record.billed_usd,
  ];
}

type Parts = readonly (string | number | null)[];

function digest(parts: Parts): string {
  return hash("sha256", JSON.stringify(parts), "hex").slice(
    0,
    IDENTITY_HEX_DIGITS,
  );
}
