import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `vite build --mode fake` makes pages that run in any browser over the fake client, for the browser tests.
export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss()],
  clearScreen: false,
  define: { "import.meta.env.FAKE": JSON.stringify(mode === "fake") },
  build: { outDir: mode === "fake" ? "dist-fake" : "dist", target: "es2022", sourcemap: false, assetsInlineLimit: 0 },
}));
