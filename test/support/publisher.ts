/** A price table's publisher: a real HTTP server that answers with what a test has it say. Promises: it ends with the test. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { packagedTable } from "../../src/adapters/priceTable.ts";

export interface Publication {
  readonly body: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Breaks the connection off in the middle of the body. */
  readonly cut?: boolean;
}

/** Answers every request alike; gives the address. */
export async function publish({
  body,
  status = 200,
  headers = {},
  cut = false,
}: Publication): Promise<string> {
  const server = createServer((_request, response) => {
    const length = String(Buffer.byteLength(body));
    response.writeHead(status, { "Content-Length": length, ...headers });
    if (!cut) response.end(body);
    else
      response.write(body.slice(0, body.length / 2), () => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json`;
}

interface Entry {
  readonly id: string;
  readonly models: readonly { readonly id: string }[];
}

/** The packaged table as it is published, one model of OpenAI's with other fields. */
export function tableWith(model: string, fields: object): unknown[] {
  const plain = JSON.parse(JSON.stringify(packagedTable.providers)) as Entry[];
  return plain.map((provider) =>
    provider.id !== "openai"
      ? provider
      : {
          ...provider,
          models: provider.models.map((it) =>
            it.id === model ? { ...it, ...fields } : it,
          ),
        },
  );
}
