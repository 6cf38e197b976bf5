/** How the page is built (src/web → dist/web) and, while working on it, served beside a server on the default port. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = "http://127.0.0.1:8787";

export default defineConfig({
  root: "src/web",
  base: "/",
  plugins: [react()],
  build: { outDir: "../../dist/web", emptyOutDir: true },
  server: { proxy: { "/api": SERVER, "/ws": { target: SERVER, ws: true } } },
});
