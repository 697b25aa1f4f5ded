import { defineConfig } from "vite";

// Files with plain names: they are committed, served by Python, and compared with every build. `--mode widget` builds
// what notebooks load, one module, beside the three files of the page.
export default defineConfig(({ mode }) => ({
  root: "src",
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../src/shoal/lab/static",
    emptyOutDir: mode !== "widget",
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    sourcemap: false,
    rollupOptions: {
      ...(mode === "widget" && { input: "src/widget.tsx", preserveEntrySignatures: "strict" }),
      output: { entryFileNames: mode === "widget" ? "widget.js" : "lab.js", assetFileNames: "lab.[ext]", codeSplitting: false },
    },
  },
}));
