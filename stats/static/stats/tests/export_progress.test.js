import assert from "node:assert/strict";
import { test } from "node:test";

import { ExportProgress } from "../export_progress.js";

/** Looks `times` times; `answers` are given in turn, an Error is thrown. Answers what happened, with the waits. */
async function watch(times, ...answers) {
  const seen = [];
  const waiting = [];
  const progress = new ExportProgress({
    ask: async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    show: ({ rowsDone }) => seen.push(["show", rowsDone]),
    finish: () => seen.push(["finish"]),
    trouble: () => seen.push(["trouble"]),
    schedule: (call, wait) => {
      seen.push(["wait", wait]);
      waiting.push(call);
    },
  });
  await progress.look();
  for (let time = 1; time < times; time += 1) await waiting.shift()();
  return { seen, waiting };
}

const running = (rowsDone) => ({ state: "running", rowsDone });

test("it asks every second until the file is ready, and then no more", async () => {
  const { seen, waiting } = await watch(3, running(0), running(2000), { state: "done" });

  assert.deepEqual(seen, [["show", 0], ["wait", 1000], ["show", 2000], ["wait", 1000], ["finish"]]);
  assert.deepEqual(waiting, []);
});

test("a failed file, and one that is nobody's any more, end the asking", async () => {
  assert.deepEqual((await watch(1, { state: "failed" })).seen, [["finish"]]);
  assert.deepEqual((await watch(1, null)).seen, [["finish"]]);
});

test("while nobody answers it asks less and less, and every second again after", async () => {
  const gone = () => new Error("gone");
  const { seen } = await watch(8, gone(), gone(), gone(), gone(), gone(), gone(), running(1), running(2));

  const waits = seen.filter(([what]) => what === "wait").map(([, wait]) => wait);
  assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 30_000, 30_000, 1000, 1000]);
});
