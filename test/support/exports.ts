/** Runs over HTTP with what they export, for tests of the export. */
import { expect } from "vitest";
import { EXPORT_FORMATS } from "../../src/domain/export/exported.ts";
import type {
  Exported,
  ExportFormat,
} from "../../src/domain/export/exported.ts";
import type { TestServer } from "./server.ts";

export const QUESTION = "Analyze my AI costs";

export const exportOf = (
  server: TestServer,
  run: string,
  format: string,
  user: string,
) => server.fetch(`/api/runs/${run}/export?format=${format}`, user);

/** A run over data that `load` brings in, in all four formats. */
export async function exportedRun(
  server: TestServer,
  user: string,
  load: RequestInit,
  query = "",
) {
  await server.fetch(`/api/usage/imports${query}`, user, {
    method: "POST",
    ...load,
  });
  const socket = await server.connect(user);
  const { ack } = await socket.ask(QUESTION);
  const [markdown, json, csv, html] = await Promise.all(
    EXPORT_FORMATS.map(async (format) => {
      const response = await exportOf(server, ack.run_id, format, user);
      expect(response.status).toBe(200);
      return { headers: response.headers, text: await response.text() };
    }),
  );
  const read = JSON.parse(json!.text) as Exported & {
    readonly price_date: string;
  };
  return {
    run: ack.run_id,
    read,
    texts: { markdown, json, csv, html } as Texts,
  };
}
type Texts = Record<ExportFormat, { headers: Headers; text: string }>;
