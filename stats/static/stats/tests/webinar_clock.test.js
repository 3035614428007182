import assert from "node:assert/strict";
import { test } from "node:test";

import { clockSentence, clockText } from "../webinar_clock.js";

const MINUTE = 60_000;
const start = Date.parse("2026-03-02T10:00:00Z");
const end = start + 60 * MINUTE;
const sentence = (values) => clockSentence({ state: "live", start, end, ...values });

test("a length of time, whichever way it goes", () => {
  assert.equal(clockText(3_723_000), "1:02:03");
  assert.equal(clockText(-59_999), "0:00:59");
});

test("running", () => {
  assert.equal(sentence({ now: start + 10 * MINUTE }), "0:10:00 elapsed, 0:50:00 remaining");
});

test("over its time", () => {
  assert.equal(sentence({ now: end + 5 * MINUTE }), "1:05:00 elapsed, over by 0:05:00");
});

test("without a planned end", () => {
  assert.equal(sentence({ end: null, now: start + MINUTE }), "0:01:00 elapsed, no planned end");
});

test("before the start, and late", () => {
  assert.equal(sentence({ state: "scheduled", now: start - MINUTE }), "Starts in 0:01:00");
  assert.equal(sentence({ state: "scheduled", now: start + MINUTE }), "0:01:00 late, not started");
});

test("ended: the server's own sentence stands", () => {
  assert.equal(sentence({ state: "ended", now: end }), null);
});
