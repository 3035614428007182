import assert from "node:assert/strict";
import { test } from "node:test";

import { Calm } from "../question_calm.js";
import { lengthOf, lengthSentence, sendsLong } from "../question_form.js";
import { QuestionNews } from "../question_news.js";
import { QuestionStore } from "../question_store.js";
import { FakeClock } from "./fake_clock.js";
import { QuestionServer } from "./question_server.js";

test("Ctrl or Cmd with Enter sends; Enter alone, and a syllable being composed, do not", () => {
  const enter = { key: "Enter", keyCode: 13 };

  assert.equal(sendsLong({ ...enter, ctrlKey: true }), true);
  assert.equal(sendsLong({ ...enter, metaKey: true }), true);
  assert.equal(sendsLong(enter), false);
  assert.equal(sendsLong({ ...enter, ctrlKey: true, isComposing: true }), false);
  assert.equal(sendsLong({ ...enter, metaKey: true, keyCode: 229 }), false);
  assert.equal(sendsLong({ key: "a", keyCode: 65, ctrlKey: true }), false);
});

test("length is counted in characters, as the server counts them", () => {
  assert.deepEqual([lengthOf("  질문 🙂 "), lengthOf("")], [4, 0]);
  assert.deepEqual(
    ["🙂".repeat(899), "a".repeat(900), "🙂".repeat(1000), "a".repeat(1001), "a".repeat(1002)].map((text) => lengthSentence(text, 1000)),
    ["", "100 characters left", "0 characters left", "1 character too many", "2 characters too many"],
  );
});

/** A reader of a server's questions, and the counts of news they were told. */
function reader({ leads = false, waiting = 0 } = {}) {
  const server = new QuestionServer();
  for (let count = 0; count < waiting; count += 1) server.ask();
  const question = server.ask({ status: "published" });
  const store = new QuestionStore({ me: "me", leads });
  const told = [];
  const hear = () => {
    server.told.splice(0).forEach(({ data }) => store.change(data));
    store.caughtUp(server.answer("q?after=0&limit=200", { user: "me", leads }));
  };
  hear();
  const news = new QuestionNews({ store, leads, onNews: (count) => told.push(count) });
  return { server, question, store, told, news, hear };
}

test("for attendees news are what was published or answered, not votes, pins or own questions on their way", () => {
  const { server, question, told, hear } = reader();
  const own = server.ask({ by: "me" });
  hear();
  server.set(question, { pinned: true });
  server.vote(question, "u2", true);
  hear();
  const quiet = [...told];

  server.ask({ status: "published" });
  hear();
  server.set(question, { status: "answered", answer: "Yes." });
  hear();
  server.set(own, { status: "published" });
  hear();

  assert.deepEqual([quiet, told], [[], [1, 2, 3]]);
});

test("nothing is new while the reader looks, and what was seen is not new afterwards", () => {
  const { server, told, news, hear } = reader();
  server.ask({ status: "published" });
  hear();

  news.look(true);
  server.ask({ status: "published" });
  hear();
  news.look(false);
  server.ask({ status: "published" });
  hear();

  assert.deepEqual(told, [1, 0, 1]);
});

test("for hosts news are what waits, also from before, until somebody takes it up", () => {
  const { server, told, hear } = reader({ leads: true, waiting: 2 });
  const waiting = server.ask();
  server.ask({ by: "me" });
  hear();

  server.set(waiting, { status: "published" });
  hear();

  assert.deepEqual(told, [2, 3, 2]);
});

test("a list is busy for a while after each touch, and longer while somebody writes in it", async () => {
  const clock = new FakeClock();
  const element = new EventTarget();
  let writing = false;
  let moved = 0;
  const calm = new Calm({ element, clock, isWriting: () => writing, onCalm: () => (moved += 1) });
  const steps = [calm.isBusy];

  element.dispatchEvent(new Event("pointerdown"));
  calm.wait();
  calm.wait();
  await clock.pass(2_500);
  element.dispatchEvent(new Event("keydown"));
  steps.push(calm.isBusy);
  await clock.pass(2_500);
  steps.push(moved);
  writing = true;
  await clock.pass(10_000);
  steps.push(moved);
  writing = false;
  await clock.pass(1_000);
  steps.push(moved, calm.isBusy, clock.waits.length);

  assert.deepEqual(steps, [false, true, 0, 0, 1, false, 0]);
});
