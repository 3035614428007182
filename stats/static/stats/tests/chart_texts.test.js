import assert from "node:assert/strict";
import { test } from "node:test";

import { chartTexts } from "../chart_texts.js";
import { rowAt } from "../chart_rows.js";

const zone = "Asia/Seoul";
const chart = (values) => ({ kind: "time", unit: "people", step: 60, rows: [], ...values });

test("times are in the webinar's zone, with the day where there is more than one", () => {
  const rows = [["2026-03-02T14:00:00+09:00"], ["2026-03-02T15:00:00+09:00"]];
  const long = [...rows, ["2026-03-04T14:00:00+09:00"]];

  assert.equal(chartTexts(chart({ rows }), zone, "en").x(rows[0]), "14:00");
  assert.equal(chartTexts(chart({ rows: long }), zone, "en").x(rows[0]), "2 Mar, 14:00");
  assert.equal(chartTexts(chart({ rows: long }), zone, "ko").x(rows[0]), "03-02 14:00");
});

test("minutes are said as minutes", () => {
  assert.equal(chartTexts(chart({ kind: "since" }), zone, "en").x([12]), "Minute 12");
  assert.equal(chartTexts(chart({ kind: "watched" }), zone, "en").x([6, 12.5]), "6 to 12.5 minutes");
});

test("shares have their sign, and what is not known says so", () => {
  const texts = chartTexts(chart({ kind: "since", unit: "percent" }), zone, "en");

  assert.deepEqual([texts.value(99.5), texts.value(0), texts.value(null)], ["99.5 %", "0 %", "not known"]);
});

test("a table's row has its place and its numbers", () => {
  const texts = chartTexts(chart({}), zone, "en");

  assert.deepEqual(texts.cells(["2026-03-02T14:00:00+09:00", 1234.56, null, 0]), ["2 Mar, 14:00", "1,234.6", "–", "0"]);
});

test("a pointer is in the step that began before it", () => {
  assert.deepEqual([-1, 0, 59, 60, 500].map((x) => rowAt([0, 60, 120], x)), [null, 0, 0, 1, 2]);
  assert.equal(rowAt([], 5), null);
});
