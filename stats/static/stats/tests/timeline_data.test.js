import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsOf, lastIndex, lonelyIndexes, spread } from "../timeline_data.js";

const bucket = (minute, avgParticipants, minParticipants = avgParticipants, maxParticipants = avgParticipants) => ({
  time: new Date(Date.UTC(2026, 2, 2, 10, minute)).toISOString(),
  avgParticipants,
  minParticipants,
  maxParticipants,
});
const at = (minute) => Date.UTC(2026, 2, 2, 10, minute) / 1000;

test("buckets become columns", () => {
  assert.deepEqual(columnsOf([bucket(0, 2.5, 1, 4), bucket(5, 3)], 300), [
    [at(0), at(5)],
    [2.5, 3],
    [1, 3],
    [4, 3],
  ]);
});

test("a missing bucket breaks the line and is never bridged", () => {
  const [times, averages, fewest, most] = columnsOf([bucket(0, 2), bucket(15, 4), bucket(20, 5)], 300);

  assert.deepEqual(times, [at(0), at(5), at(15), at(20)]);
  for (const column of [averages, fewest, most]) assert.deepEqual(column, [2, null, 4, 5]);
});

test("a bucket of nobody is a zero, not a gap", () => {
  assert.deepEqual(columnsOf([bucket(0, 2), bucket(5, 0), bucket(10, 1)], 300)[1], [2, 0, 1]);
});

test("shorter buckets than before make no gap", () => {
  assert.deepEqual(columnsOf([bucket(0, 2), bucket(1, 3)], 300)[1], [2, 3]);
});

test("values without a neighbour get a point", () => {
  assert.deepEqual(lonelyIndexes([1, null, 2, 3, null, 0]), [0, 5]);
  assert.deepEqual(lonelyIndexes([4]), [0]);
});

test("the last value is where the labels stand", () => {
  assert.equal(lastIndex([1, 2, null]), 1);
  assert.equal(lastIndex([]), -1);
});

test("labels keep their order and their distance, inside the chart", () => {
  const placed = spread([{ y: 98 }, { y: 100 }, { y: 10 }], { gap: 16, top: 0, bottom: 100 });

  assert.deepEqual(
    placed.map(({ y }) => y).sort((a, b) => a - b),
    [10, 84, 100],
  );
});

test("labels that are far apart stay where they are", () => {
  const placed = spread([{ y: 10 }, { y: 50 }], { gap: 16, top: 0, bottom: 100 });

  assert.deepEqual(placed.map(({ y }) => y).sort((a, b) => a - b), [10, 50]);
});
