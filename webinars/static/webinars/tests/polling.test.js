import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { Polling } from "../polling.js";
import { FakeClock } from "./fake_clock.js";

const failure = (status, retryAfterSeconds = null) => new ApiError({ status, code: "x", message: "", retryAfterSeconds });

/** Polling whose n-th answer is `answers[n]` (an error is thrown); the last answer repeats. */
function polling(t, answers) {
  const clock = new FakeClock({ random: 0.5 });
  t.mock.method(Date, "now", () => clock.now());
  const start = clock.now();
  const times = [];
  const states = [];
  const subject = new Polling({ clock, onState: (state) => states.push(state) });
  subject.add({
    name: "chat",
    everyMs: 2_000,
    ask: async () => {
      const answer = answers[Math.min(times.length, answers.length - 1)];
      times.push((clock.now() - start) / 1000);
      if (answer instanceof Error) throw answer;
    },
  });
  return { clock, times, states, subject };
}

const gaps = (times) => times.slice(1).map((time, index) => Math.round((time - times[index]) * 100) / 100);

test("it asks every two seconds while all is well", async (t) => {
  const { clock, times, states, subject } = polling(t, [null]);

  subject.start();
  await clock.pass(10_000);

  assert.deepEqual(times, [0, 2, 4, 6, 8, 10]);
  assert.deepEqual([...new Set(states)], ["failing", "ok"]);
});

test("failures double the wait; five in a row open the breaker for a minute, then one is let through", async (t) => {
  const { clock, times, states, subject } = polling(t, [failure(503)]);

  subject.start();
  await clock.pass(200_000);

  assert.deepEqual(gaps(times).slice(0, 6), [4, 8, 16, 32, 61, 61]);
  assert.equal(states.indexOf("open"), 5);
});

test("the first success closes the breaker and the pace is normal again", async (t) => {
  const five = Array(5).fill(failure(0));
  const { clock, times, states, subject } = polling(t, [...five, null]);

  subject.start();
  await clock.pass(130_000);

  assert.deepEqual(gaps(times).slice(4, 7), [61, 2, 2]);
  assert.equal(states.at(-1), "ok");
});

test("one success in between starts the count of five anew", async (t) => {
  const four = Array(4).fill(failure(502));
  const { clock, states, subject } = polling(t, [...four, null, ...four, null]);

  subject.start();
  await clock.pass(140_000);

  assert.equal(states.includes("open"), false);
});

test("429 opens the breaker at once and for as long as the server asks", async (t) => {
  const { clock, times, states, subject } = polling(t, [failure(429, 20), null]);

  subject.start();
  await clock.pass(30_000);

  assert.equal(states[1], "open");
  assert.deepEqual(gaps(times).slice(0, 2), [21, 2]);
});

test("429 without a time means a minute", async (t) => {
  const { clock, times, subject } = polling(t, [failure(429), null]);

  subject.start();
  await clock.pass(70_000);

  assert.deepEqual(gaps(times).slice(0, 1), [61]);
});

for (const status of [400, 401, 403, 404, 410]) {
  test(`${status} ends polling for good`, async (t) => {
    const { clock, times, states, subject } = polling(t, [null, failure(status)]);

    subject.start();
    await clock.pass(600_000);

    assert.equal(times.length, 2);
    assert.equal(states.at(-1), "stopped");
  });
}

test("stopping ends it, also while an answer is on its way", async (t) => {
  const { clock, times, states, subject } = polling(t, [null]);
  subject.start();
  await clock.pass(1_500);

  subject.stop();
  await clock.pass(60_000);

  assert.equal(times.length, 1);
  assert.equal(states.at(-1), "off");
});
