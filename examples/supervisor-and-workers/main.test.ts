import { expect, test } from "vitest";
import { supervisorAndWorkers } from "./main.ts";

test("each agent folds its own part of the thread, and has every question of the user", async () => {
  expect(await supervisorAndWorkers()).toEqual([
    { agent: "researcher", folds: 5, toModel: 29, questionsKept: true },
    { agent: "writer", folds: 1, toModel: 52, questionsKept: true },
  ]);
});
