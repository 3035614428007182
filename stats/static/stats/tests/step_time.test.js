import assert from "node:assert/strict";
import { test } from "node:test";

import { stepTime } from "../step_time.js";

const AT = "2026-09-03T15:05:00Z";

for (const [language, zone, text] of [
  ["en", "UTC", "3 Sep, 15:05"],
  ["en", "Asia/Seoul", "4 Sep, 00:05"],
  ["ko", "Asia/Seoul", "09-04 00:05"],
]) {
  test(`a step's time in ${language}, ${zone}`, () => {
    assert.equal(stepTime(AT, { zone, language }), text);
  });
}
