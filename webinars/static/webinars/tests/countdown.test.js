import assert from "node:assert/strict";
import { test } from "node:test";

import { Countdown } from "../countdown.js";
import { FakeClock } from "./fake_clock.js";

const MINUTE = 60_000;

function counting(target) {
  const clock = new FakeClock();
  const parts = Object.fromEntries(["days", "hours", "minutes", "seconds"].map((name) => [name, {}]));
  const element = {
    dataset: { countdown: target },
    querySelector: (selector) => parts[/data-part="(.*)"/.exec(selector)?.[1]] ?? null,
  };
  let zeros = 0;
  const countdown = new Countdown(element, { clock, onZero: () => (zeros += 1) });
  const shown = () => `${parts.hours.textContent}:${parts.minutes.textContent}:${parts.seconds.textContent}`;
  return { clock, countdown, shown, zeros: () => zeros };
}

test("a start that is moved moves the countdown, later or earlier", async () => {
  const { clock, countdown, shown, zeros } = counting("2026-03-02T10:10:00Z");
  countdown.start();
  await clock.pass(MINUTE);
  assert.equal(shown(), "00:09:00");

  countdown.aim("2026-03-02T11:10:00+00:00");
  assert.equal(shown(), "01:09:00");
  await clock.pass(MINUTE);
  assert.equal(shown(), "01:08:00");

  countdown.aim("2026-03-02T10:03:00Z");
  await clock.pass(2 * MINUTE);
  assert.equal(shown(), "00:00:00");
  assert.equal(zeros(), 1);
});

test("the same start, or none, changes nothing and starts no second timer", async () => {
  const { clock, countdown, shown } = counting("2026-03-02T10:10:00Z");
  countdown.start();

  countdown.aim("2026-03-02T19:10:00+09:00");
  countdown.aim(null);

  assert.equal(clock.waits.length, 1);
  await clock.pass(MINUTE);
  assert.equal(shown(), "00:09:00");
});

test("a countdown that had run out goes on when the start is moved later", async () => {
  const { clock, countdown, shown } = counting("2026-03-02T10:01:00Z");
  countdown.start();
  await clock.pass(2 * MINUTE);

  countdown.aim("2026-03-02T10:05:00Z");

  assert.equal(shown(), "00:03:00");
  assert.equal(clock.waits.length, 1);
});
