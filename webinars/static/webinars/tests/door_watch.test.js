import assert from "node:assert/strict";
import { test } from "node:test";

import { DoorWatch, whenRequest } from "../door_watch.js";
import { FakeClock } from "./fake_clock.js";

const KNOWN = { state: "scheduled", startTime: "2026-03-02T11:00:00+00:00", doorsOpenAt: "2026-03-02T10:30:00+00:00", mayEnter: false };
const MINUTE = 60_000;

/** A waiting page; `answer(n)` is what the server says to the n-th question. */
function waiting({ random = 0.5, answer = () => KNOWN } = {}) {
  const clock = new FakeClock({ random });
  const start = clock.now();
  const asked = [];
  const changes = [];
  const seconds = () => (clock.now() - start) / 1000;
  const watch = new DoorWatch({
    clock,
    known: KNOWN,
    ask: async () => {
      asked.push(seconds());
      const given = answer(asked.length);
      if (given instanceof Error) throw given;
      return given;
    },
    onChange: () => changes.push(seconds()),
  });
  watch.start();
  return { watch, clock, asked, changes };
}

test("it asks every half to whole minute, each page at its own moment", async () => {
  const [early, late] = [waiting({ random: 0 }), waiting({ random: 1 })];

  for (const { clock } of [early, late]) await clock.pass(2 * MINUTE);

  assert.deepEqual([early.asked, late.asked], [[30, 60, 90, 120], [60, 120]]);
  assert.deepEqual([...early.changes, ...late.changes], []);
});

for (const [what, fact] of [
  ["doors that were opened early", { doorsOpenAt: "2026-03-02T10:05:00+00:00", mayEnter: true }],
  ["a start that was moved", { startTime: "2026-03-02T12:00:00+00:00", doorsOpenAt: "2026-03-02T11:30:00+00:00" }],
  ["a start by hand", { state: "live", mayEnter: true }],
]) {
  test(`${what} change the page, once`, async () => {
    const { clock, asked, changes } = waiting({ random: 0, answer: (n) => (n < 2 ? KNOWN : { ...KNOWN, ...fact }) });

    await clock.pass(10 * MINUTE);

    assert.deepEqual([asked, changes], [[30, 60], [60]]);
  });
}

test("a webinar that is gone changes the page", async () => {
  const { clock, changes } = waiting({ random: 0, answer: () => ({ gone: true }) });

  await clock.pass(MINUTE);

  assert.deepEqual(changes, [30]);
});

test("no network and a busy server are asked again, as the server says", async () => {
  const answers = [new Error("away"), { retryAfterSeconds: 90 }, { ...KNOWN, mayEnter: true }];
  const { clock, asked, changes } = waiting({ random: 0, answer: (n) => answers[n - 1] });

  await clock.pass(10 * MINUTE);

  assert.deepEqual([asked, changes], [[30, 60, 150], [150]]);
});

test("a hidden page asks nothing; one that is looked at again asks soon, but never twice in half a minute", async () => {
  const { watch, clock, asked } = waiting({ random: 0.5 });
  await clock.pass(10_000);

  watch.setVisible(false);
  await clock.pass(5 * MINUTE);
  watch.setVisible(true);
  await clock.pass(5_000);
  watch.setVisible(false);
  watch.setVisible(true);
  await clock.pass(30_000);

  assert.deepEqual(asked, [311, 342]);
});

test("what the server says is read by its status", async () => {
  const says = (status, body, headers) => whenRequest("/when.json", { fetch: async () => new Response(body, { status, headers }), timeout: () => undefined })();

  assert.deepEqual(await says(200, JSON.stringify(KNOWN)), KNOWN);
  assert.deepEqual(await says(404, "<html>"), { gone: true });
  assert.deepEqual(await says(503, "", { "Retry-After": "9" }), { retryAfterSeconds: 9 });
});
