import { defineConfig } from "vitest/config";

const conditions = ["@sessionfold/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "examples/*/**/*.test.ts", "test/**/*.test.ts"],
    // Property tests and whole-transcript replays run for many seconds on two cores.
    testTimeout: 120_000,
    // By default one core is left idle, which is half of a small machine.
    maxWorkers: "100%",
  },
});
