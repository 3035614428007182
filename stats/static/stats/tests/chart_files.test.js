import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, fileName } from "../chart_files.js";
import { linesOf } from "../text_lines.js";

test("numbers are written as they are, what is not known is empty", () => {
  assert.equal(csvOf({ columns: ["From", "A"], rows: [["14:00", 2.5], ["14:01", null]] }), "\ufeffFrom,A\r\n14:00,2.5\r\n14:01,\r\n");
});

test("a number below zero stays a number", () => {
  assert.equal(csvOf({ columns: ["A"], rows: [[-3]] }), "\ufeffA\r\n-3\r\n");
});

for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]) {
  test(`${JSON.stringify(text)} is text, not a formula`, () => {
    assert.equal(csvOf({ columns: ["A"], rows: [[text]] }), `\ufeffA\r\n'${text}\r\n`);
  });
}

test("commas, quotes and lines are kept within their cell", () => {
  assert.equal(csvOf({ columns: ['a,"b"\nc'], rows: [] }), '\ufeff"a,""b""\nc"\r\n');
  assert.equal(csvOf({ columns: ["=a,b"], rows: [] }), '\ufeff"\'=a,b"\r\n');
});

test("a file's name has nothing that file systems refuse", () => {
  assert.equal(fileName(["가을 웨비나: a/b", "retention"], "csv"), "가을-웨비나-a-b-retention.csv");
  assert.equal(fileName(["../x", ""], "png"), "x.png");
});

test("a text is broken at spaces where it no longer fits", () => {
  const fits = (line) => line.length <= 9;

  assert.deepEqual(linesOf("one two three four", fits), ["one two", "three", "four"]);
  assert.deepEqual(linesOf("incomprehensible word", fits), ["incomprehensible", "word"]);
  assert.deepEqual(linesOf("", fits), []);
});
