/** docs/PROTOCOL.md sections 5 and 6 against a client that sends more than it reads. Whatever piles up has a bound. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import { Opcode, rawConnection, rawFrame } from "../support/raw.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const ping = (id: string) => JSON.stringify({ type: "ping", id });

describe("floods", () => {
  test("WebSocket pings that are never read are cut off instead of buffered", async () => {
    const client = await rawConnection(server, "flooder");
    client.socket.pause();
    const many = Buffer.concat(
      Array.from({ length: 500 }, () => rawFrame(Opcode.ping, "x".repeat(125))),
    );
    const gone = new Promise((resolve) => client.socket.once("close", resolve));
    const pour = () => {
      while (!client.socket.destroyed && client.socket.write(many));
    };
    client.socket.on("drain", pour);
    pour();
    await expect
      .poll(
        async () =>
          (await server.get<{ items: [] }>("/api/connections", "flooder"))
            .items,
        { timeout: 20_000 },
      )
      .toEqual([]);
    client.socket.destroy();
    await gone;
  });

  test("§6 a client that asks without end and reads no answer is closed with 4301, and answers pile up within bounds", async () => {
    const client = await rawConnection(server, "deaf");
    client.socket.pause();
    const many = Buffer.concat(
      Array.from({ length: 2_000 }, () => rawFrame(Opcode.text, ping("deaf"))),
    );
    const pour = () => {
      while (!client.socket.destroyed && client.socket.write(many));
    };
    client.socket.on("drain", pour);
    pour();
    const memoryBefore = process.memoryUsage().external;
    await expect
      .poll(
        async () =>
          (await server.get<{ items: [] }>("/api/connections", "deaf")).items,
        { timeout: limits.slowConsumerTimeoutMs * 2, interval: 250 },
      )
      .toEqual([]);
    const grown = process.memoryUsage().external - memoryBefore;
    expect(grown).toBeLessThan(32 * limits.socketBufferedBytesMax);
    client.socket.off("drain", pour);
    client.socket.resume();
    expect(await client.closeCode()).toBe(4301);
    client.socket.destroy();
  });

  test("§5 ten thousand frames in one write are all answered, in order", async () => {
    const client = await rawConnection(server, "mallory");
    const leave = (at: number) =>
      rawFrame(
        Opcode.text,
        JSON.stringify({ type: "leave_thread", thread_id: `t${at}` }),
      );
    client.write(
      Buffer.concat(Array.from({ length: 10_000 }, (_, at) => leave(at))),
    );
    const texts = await client.someTexts(10_001);
    expect(texts[10_000]).toMatchObject({ thread_id: "t9999" });
    client.socket.destroy();
  });

  test("a thousand stops at once are each answered", async () => {
    const client = await rawConnection(server, "mallory");
    const stop = rawFrame(
      Opcode.text,
      JSON.stringify({ type: "stop_run", run_id: "none" }),
    );
    client.write(Buffer.concat(Array.from({ length: 1_000 }, () => stop)));
    const [, ...answers] = await client.someTexts(1_001);
    expect(new Set(answers.map((it) => it["code"]))).toEqual(
      new Set(["run_not_found"]),
    );
    client.socket.destroy();
  });
});
