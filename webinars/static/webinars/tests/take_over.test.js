import assert from "node:assert/strict";
import { test } from "node:test";

import { TakeOver, newPageId } from "../take_over.js";
import { Deferred, settle } from "./fake_clock.js";

/** The notice as the template writes it, and what the page was told to do. */
function noticed(takeBack = async () => {}) {
  const text = { textContent: "" };
  const button = Object.assign(new EventTarget(), { textContent: "", disabled: false, focus: () => done.push("focus") });
  const element = {
    hidden: true,
    dataset: {},
    querySelector: (selector) => (selector === "[data-takeover-text]" ? text : button),
  };
  const done = [];
  const takeOver = new TakeOver({
    element,
    onReplaced: () => done.push("replaced"),
    onTakenBack: () => (done.push("taking back"), takeBack()),
  });
  const click = () => (button.dispatchEvent(new Event("click")), settle());
  return { takeOver, element, text, button, done, click };
}

test("a warning can be closed, stops nothing, and does not come back", async () => {
  const { takeOver, element, text, done, click } = noticed();

  takeOver.hear({ policy: "warn" });
  const shown = [element.hidden, text.textContent];
  await click();
  takeOver.hear({ policy: "warn" });

  assert.deepEqual(shown, [false, "This webinar is also open in another window."]);
  assert.deepEqual([element.hidden, done], [true, []]);
});

test("a page that was replaced stops once, and is taken back by its button", async () => {
  const back = new Deferred();
  const { takeOver, element, text, button, done, click } = noticed(() => back.promise);

  takeOver.hear({ policy: "replace" });
  takeOver.hear({ policy: "replace" });
  takeOver.hear({ policy: "warn" });
  const resting = [element.hidden, element.dataset.replaced, text.textContent];
  await click();
  const underWay = [element.hidden, button.disabled];
  back.resolve();
  await settle();

  assert.deepEqual(resting, [false, "true", "You opened this webinar somewhere else, so this window is resting."]);
  assert.deepEqual(underWay, [false, true]);
  assert.deepEqual([element.hidden, button.disabled, takeOver.replaced], [true, false, false]);
  assert.deepEqual(done, ["focus", "replaced", "taking back"]);
});

test("taking back that fails says why, and can be tried again", async () => {
  const answers = [Promise.reject(new Error("We can't reach the server.")), Promise.resolve()];
  const { takeOver, element, text, button, click } = noticed(() => answers.shift());
  takeOver.hear({ policy: "replace" });

  await click();
  const failed = [element.hidden, text.textContent, button.disabled, takeOver.replaced];
  await click();

  assert.deepEqual(failed, [false, "We can't reach the server.", false, true]);
  assert.deepEqual([element.hidden, takeOver.replaced], [true, false]);
});

test("a page that was taken back can be replaced again", async () => {
  const { takeOver, done, click } = noticed();
  takeOver.hear({ policy: "replace" });
  await click();

  takeOver.hear({ policy: "replace" });

  assert.deepEqual(done, ["focus", "replaced", "taking back", "focus", "replaced"]);
});

test("a page's id is new each time, and as the socket takes it", () => {
  const ids = new Set(Array.from({ length: 100 }, newPageId));

  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{8,64}$/);
});
