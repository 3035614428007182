import assert from "node:assert/strict";
import { test } from "node:test";

import { playNotes } from "../sound_check.js";

test("two notes, one after the other, each faded in and out, never loud", () => {
  const notes = [];
  const loudness = [];
  const gain = {
    setValueAtTime: (value) => loudness.push(value),
    linearRampToValueAtTime: (value) => loudness.push(value),
    exponentialRampToValueAtTime: (value) => loudness.push(value),
  };
  const context = {
    currentTime: 10,
    destination: {},
    createGain: () => ({ gain, connect: () => {} }),
    createOscillator: () => {
      const note = { frequency: {}, connect: (next) => next, start: (at) => (note.from = at), stop: (at) => (note.to = at) };
      notes.push(note);
      return note;
    },
  };

  const end = playNotes(context);

  assert.deepEqual(notes.map(({ from, to }) => [from, to]), [[10, 10.5], [10.22, 10.72]]);
  assert.equal(end, 10.72);
  assert.equal(Math.max(...loudness) <= 0.2, true);
});
