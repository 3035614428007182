import assert from "node:assert/strict";
import { test } from "node:test";

import { browserClock } from "../clock.js";
import { partsLeft, roughlyLeft } from "../countdown.js";
import { timeOfDay, timeOrDay } from "../i18n.js";
import { differs, rangeText } from "../local_times.js";
import { reloadSoon } from "../reload.js";
import { FakeClock } from "./fake_clock.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("a wait beyond what browsers can time is their longest, not none", (t) => {
  const timers = t.mock.method(globalThis, "setTimeout", () => 1);

  for (const milliseconds of [5, 99_999_999_000]) browserClock.setTimeout(() => {}, milliseconds);

  assert.deepEqual(timers.mock.calls.map(({ arguments: [, wait] }) => wait), [5, 2 ** 31 - 1]);
});

test("what is left, in parts, never below zero", () => {
  assert.deepEqual(partsLeft(49 * HOUR + 5 * MINUTE + 1), { days: 2, hours: 1, minutes: 5, seconds: 1 });
  assert.deepEqual(partsLeft(59_999), { days: 0, hours: 0, minutes: 1, seconds: 0 });
  assert.deepEqual(partsLeft(-5), { days: 0, hours: 0, minutes: 0, seconds: 0 });
});

test("what is left, in a word", () => {
  assert.equal(roughlyLeft(12 * MINUTE), "12 minutes");
  assert.equal(roughlyLeft(20_000), "1 minute");
  assert.equal(roughlyLeft(119 * MINUTE + 1), "120 minutes");
  assert.equal(roughlyLeft(2 * HOUR), "2 hours");
  assert.equal(roughlyLeft(3 * HOUR + 59 * MINUTE), "3 hours");
  assert.equal(roughlyLeft(24 * HOUR), "1 day");
  assert.equal(roughlyLeft(25 * HOUR), "1 day 1 hour");
  assert.equal(roughlyLeft(65 * HOUR + 30 * MINUTE), "2 days 17 hours");
  assert.equal(roughlyLeft(72 * HOUR), "3 days");
});

test("the visitor's zone is worth showing only where the clock on the wall differs", () => {
  const instant = new Date("2026-07-01T01:00:00Z");

  assert.equal(differs(instant, "Asia/Seoul", "Asia/Tokyo"), false);
  assert.equal(differs(instant, "Asia/Seoul", "Europe/Berlin"), true);
});

test("a time in the visitor's zone names the zone", () => {
  const text = rangeText({
    start: new Date("2026-07-01T01:00:00Z"),
    end: new Date("2026-07-01T02:00:00Z"),
    timeZone: "Europe/London",
    language: "en-GB",
  });

  assert.match(text, /Wed,? 1 July/);
  assert.match(text, /02:00.*03:00/);
  assert.match(text, /BST|GMT\+1/);
});

test("a page loads itself again within five seconds, and not twice within fifteen", async () => {
  const clock = new FakeClock({ random: 0.5 });
  const memory = new Map();
  const storage = { getItem: (key) => memory.get(key) ?? null, setItem: (key, value) => memory.set(key, value) };
  const times = [];
  const start = clock.now();
  const again = () => reloadSoon({ clock, storage, reload: () => times.push(clock.now() - start) });

  again();
  await clock.pass(3_000);
  again();
  await clock.pass(30_000);

  assert.deepEqual(times, [2_500, 2_500 + 15_000 + 2_500]);
});

/** While the page names Seoul as the zone of its times. */
function inSeoul(said) {
  const querySelector = (selector) => (selector === "[data-times-in]" ? { dataset: { timesIn: "Asia/Seoul" } } : null);
  globalThis.document = { documentElement: { lang: "en" }, querySelector };
  const words = said().replace(/\s/g, " ");
  delete globalThis.document;
  return words;
}

test("a time of day is in the zone that the page names", () => {
  assert.equal(inSeoul(() => timeOfDay().format(new Date("2026-05-04T17:05:00Z"))), "2:05 AM");
});

test("a moment of another day says which", () => {
  const now = new Date("2026-05-04T14:00:00Z"); // 23:00 in Seoul

  assert.equal(inSeoul(() => timeOrDay(new Date("2026-05-04T14:55:00Z"), now)), "11:55 PM");
  assert.equal(inSeoul(() => timeOrDay(new Date("2026-05-04T15:05:00Z"), now)), "May 5 at 12:05 AM");
});
