import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnSeries, isEmpty, rowAfterKey, rowSentence, xStep, xValue } from "../chart_spec.js";

const people = {
  kind: "time",
  step: 60,
  columns: ["From", "Average of the samples", "Fewest", "Most", "Most by the ledger"],
  series: ["line", "band", "", "dashed"],
  labels: ["sampled", "", "", "ledger"],
  rows: [
    ["2026-03-02T14:00:00+09:00", 2.5, 2, 3, 3],
    ["2026-03-02T14:01:00+09:00", null, null, null, 4],
  ],
};
const watched = {
  kind: "watched",
  step: 360,
  columns: ["From", "To", "People"],
  series: ["", "bars"],
  labels: ["", ""],
  rows: [
    [0, 6, 3],
    [6, 12, 0],
  ],
};

test("times are seconds, everything else stays minutes", () => {
  assert.equal(xValue(people, people.rows[0]), Date.UTC(2026, 2, 2, 5) / 1000);
  assert.equal(xValue(watched, watched.rows[1]), 6);
  assert.deepEqual([xStep(people), xStep(watched)], [60, 6]);
});

test("a band takes two columns, and gaps stay gaps", () => {
  assert.deepEqual(drawnSeries(people), [
    { style: "line", title: "sampled", values: [2.5, null] },
    { style: "band", title: "", values: [2, null], high: [3, null] },
    { style: "dashed", title: "ledger", values: [3, 4] },
  ]);
});

test("a column that only names the step is not drawn", () => {
  assert.deepEqual(drawnSeries(watched), [{ style: "bars", title: "", values: [3, 0] }]);
});

test("what left is drawn downwards", () => {
  const moved = { ...people, series: ["bars-down"], labels: ["left"], rows: [["", 3], ["", 0], ["", null]] };

  assert.deepEqual(drawnSeries(moved)[0].values, [-3, 0, null]);
});

test("rows without a value are nothing to draw, a zero is", () => {
  assert.equal(isEmpty({ ...watched, rows: [[0, 6, null]] }), true);
  assert.equal(isEmpty({ ...watched, rows: [] }), true);
  assert.equal(isEmpty({ ...watched, rows: [[0, 6, 0]] }), false);
});

test("a row says its place and each value by its name", () => {
  const texts = { xText: ([first]) => `at ${first}`, valueText: (value) => value ?? "not known" };

  assert.equal(
    rowSentence(people, people.rows[1], texts),
    "at 2026-03-02T14:01:00+09:00: Average of the samples not known, Fewest not known, Most not known, Most by the ledger 4",
  );
  assert.equal(rowSentence(watched, watched.rows[0], texts), "at 0: People 3");
});

test("the arrow keys go from row to row and stop at the ends", () => {
  const from = (row) => (key) => rowAfterKey(key, { row, count: 30 });

  assert.deepEqual(["ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End"].map(from(12)), [13, 11, 22, 2, 0, 29]);
  assert.deepEqual(["ArrowRight", "PageUp"].map(from(29)), [29, 29]);
  assert.deepEqual(["ArrowLeft", "PageDown"].map(from(0)), [0, 0]);
});

test("the first key begins at the end that it comes from", () => {
  assert.equal(rowAfterKey("ArrowRight", { row: null, count: 5 }), 0);
  assert.equal(rowAfterKey("ArrowLeft", { row: null, count: 5 }), 4);
});

test("other keys and charts without rows move nothing", () => {
  assert.equal(rowAfterKey("Tab", { row: 1, count: 5 }), null);
  assert.equal(rowAfterKey("ArrowRight", { row: null, count: 0 }), null);
});
