/** Who this node is: the version of this build, as package.json states it, and the name it goes by in logs, traces and reports. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export const VERSION: string = (
  JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string }
).version;

const HOST_CHARACTERS_MAX = 24;

export const NODE_NAME = `${hostname().slice(0, HOST_CHARACTERS_MAX)}:${process.pid}`;

/** How a node names itself to PostgreSQL, which cuts at 63 characters; run reports take their node and version from it. */
export const APPLICATION_NAME = `goldenpath/${VERSION} node/${process.versions.node} ${NODE_NAME}`;
