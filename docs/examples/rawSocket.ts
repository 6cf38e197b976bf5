/** The same without a library: `URL=… TOKEN=… node rawSocket.ts`. */
const { URL: url = "ws://127.0.0.1:8787/ws", TOKEN = "" } = process.env;
const token = `jwt.${Buffer.from(TOKEN).toString("base64url")}`;
const socket = new WebSocket(url, ["goldenpath.v1", token]);
const message_id = crypto.randomUUID(); // the same again is no second run
socket.onmessage = ({ data }) => {
  const it = JSON.parse(data);
  if (it.type === "connection_ready")
    socket.send(
      JSON.stringify({ type: "user_message", message_id, text: "Costs?" }),
    );
  if (it.type === "final_response") process.stdout.write(it.content);
  if (it.type === "agent_completed" && it.agent_name === "supervisor")
    socket.close(1000);
};
