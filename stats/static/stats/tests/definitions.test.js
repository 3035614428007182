import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf } from "../definitions.js";

const view = { width: 360, height: 640 };
const size = { width: 280, height: 100 };

test("a definition stands under its term", () => {
  assert.deepEqual(placeOf({ term: { left: 20, top: 100, bottom: 120 }, size, view }), { left: 20, top: 126 });
});

test("at the right edge it moves in", () => {
  assert.deepEqual(placeOf({ term: { left: 300, top: 100, bottom: 120 }, size, view }), { left: 72, top: 126 });
});

test("left of the window it begins at the margin", () => {
  assert.deepEqual(placeOf({ term: { left: -40, top: 100, bottom: 120 }, size, view }), { left: 8, top: 126 });
});

test("without room below it stands above", () => {
  assert.deepEqual(placeOf({ term: { left: 20, top: 580, bottom: 600 }, size, view }), { left: 20, top: 474 });
});

test("without room on either side it stays below", () => {
  const low = { width: 360, height: 150 };

  assert.deepEqual(placeOf({ term: { left: 20, top: 60, bottom: 80 }, size, view: low }), { left: 20, top: 86 });
});
