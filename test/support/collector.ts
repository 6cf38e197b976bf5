/** A small OpenTelemetry collector: takes spans by OTLP over HTTP in JSON and keeps them. Promises: closed when the test ends. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
  /** By name, with the node's own name as `node`. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const WAIT_MS = 20_000;

export class Collector {
  readonly spans: Span[] = [];
  /** All bodies as they came. */
  text = "";
  readonly url: string;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      if (request.url === "/v1/traces") collector.#take(body);
      response.writeHead(200).end("{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const collector = new Collector((server.address() as AddressInfo).port);
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return collector;
  }

  /** The first span that fits, once it has come. */
  async find(what: string, fits: (span: Span) => boolean): Promise<Span> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = this.spans.find(fits);
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(
          `no span: ${what}; got ${this.spans.map((it) => it.name).join(", ")}`,
        );
      await setTimeout(50);
    }
  }

  #take(body: string): void {
    this.text += body;
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: {
        resource: { attributes: Pair[] };
        scopeSpans: {
          spans: (Omit<Span, "attributes"> & { attributes: Pair[] })[];
        }[];
      }[];
    };
    for (const { resource, scopeSpans } of resourceSpans) {
      const node = toRecord(resource.attributes)["service.instance.id"];
      for (const it of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push({
          ...it,
          attributes: { ...toRecord(it.attributes), node },
        });
    }
  }
}

function toRecord(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
}
