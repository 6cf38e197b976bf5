/** One frame, one connection, one answer. */
import type { TestServer } from "./server.ts";
import type { FrameOfType } from "./socket.ts";

/** The error that a frame is answered with on a fresh connection, which must still work afterwards. */
export async function answerTo(
  server: TestServer,
  frame: object | string,
): Promise<FrameOfType<"error">> {
  const socket = await server.connect("checked");
  socket.send(frame);
  const error = await socket.next("error");
  socket.send({ type: "ping", id: "still" });
  await socket.next("pong");
  socket.close();
  return error;
}
