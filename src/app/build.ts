/**
 * What `npm ci` prepares: the page, and an empty migrated database that a first start copies instead of making one. A Node program, so
 * that it runs alike on every system.
 */
import { rmSync } from "node:fs";
import { build } from "vite";
import { migrate, poolTypes } from "../adapters/database.ts";
import { openEmbedded, TEMPLATE } from "../adapters/embedded.ts";
import { openBoss } from "../adapters/jobs.ts";

async function prepareTemplate(): Promise<void> {
  rmSync(TEMPLATE, { recursive: true, force: true });
  const { pool, close } = await openEmbedded(
    TEMPLATE,
    { types: poolTypes },
    null,
  );
  await migrate(pool);
  const boss = await openBoss(pool, { supervise: false });
  await boss.stop({ graceful: false });
  await pool.end();
  await close();
}

await build({ logLevel: "warn" });
await prepareTemplate();
