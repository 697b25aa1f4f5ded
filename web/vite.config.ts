import { defineConfig } from "vite";

// Three files with plain names: they are committed, served by Python, and compared with every build.
export default defineConfig({
  root: "src",
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../src/shoal/lab/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    sourcemap: false,
    rollupOptions: {
      output: { entryFileNames: "lab.js", assetFileNames: "lab.[ext]", codeSplitting: false },
    },
  },
});
