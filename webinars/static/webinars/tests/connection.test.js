import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectionView, describeConnection } from "../connection.js";
import { FakeClock } from "./fake_clock.js";

/** The element as the template writes it, with a record of what a screen reader is told. */
function viewed() {
  const clock = new FakeClock();
  const told = [];
  const parts = {
    "[data-connection-word]": { textContent: "Connecting" },
    "[data-connection-sentence]": { textContent: "", hidden: true },
    "[data-connection-announcement]": { set textContent(text) { told.push(text); } },
  };
  const element = { dataset: { connection: "reconnecting" }, hidden: true, querySelector: (selector) => parts[selector] };
  const view = new ConnectionView(element, { clock });
  const show = (name, sentence = "") => view.show({ name, sentence });
  return { clock, told, element, show, word: parts["[data-connection-word]"], sentence: parts["[data-connection-sentence]"] };
}

test("the four words", () => {
  const name = (facts) => describeConnection({ socket: "waiting", polling: "off", ...facts }).name;

  assert.equal(name({ socket: "open" }), "live");
  assert.equal(name({}), "reconnecting");
  assert.equal(name({ polling: "failing" }), "reconnecting");
  assert.equal(name({ polling: "ok" }), "polling");
  assert.equal(name({ polling: "open" }), "paused");
  assert.equal(name({ socket: "open", online: false }), "paused");
  assert.equal(name({ socket: "open", superseded: true }), "paused");
  assert.equal(name({ polling: "ok", stopStatus: 410 }), "paused");
});

test("a sentence stands only where there is something to know or to do", () => {
  const sentence = (facts) => describeConnection({ socket: "waiting", polling: "off", ...facts }).sentence;

  assert.equal(sentence({}), "");
  assert.equal(sentence({ socket: "open", pass: "late" }), "");
  assert.equal(sentence({ polling: "ok" }), "");
  assert.match(sentence({ pass: "late" }), /sign-in/);
  assert.match(sentence({ online: false }), /offline/);
  assert.match(sentence({ stopStatus: 400 }), /Reload/);
  assert.match(sentence({ stopStatus: 401 }), /sign-in has ended/);
});

test("a refusal that says why gets a sentence of its own", () => {
  const sentence = (stopCode) => describeConnection({ socket: "stopped", polling: "off", stopStatus: 403, stopCode }).sentence;

  assert.match(sentence("not_registered"), /no longer registered/);
  assert.match(sentence("proof_required"), /confirm your email address/);
  assert.match(sentence("consent_required"), /asks for your consent/);
  assert.match(sentence("access_changed"), /has changed/);
  assert.equal(sentence("banned"), sentence(null));
  assert.equal(sentence("something_new"), sentence(null));
});

test("the word is shown at once", () => {
  const { element, show, word, sentence } = viewed();

  show("paused", "You are offline.");

  assert.deepEqual([element.hidden, element.dataset.connection, word.textContent], [false, "paused", "Paused"]);
  assert.deepEqual([sentence.textContent, sentence.hidden], ["You are offline.", false]);
});

test("entering and short breaks are not announced", async () => {
  const { clock, told, show } = viewed();

  show("reconnecting");
  await clock.pass(1_000);
  show("live");
  await clock.pass(60_000);
  show("reconnecting");
  await clock.pass(4_900);
  show("live");
  await clock.pass(60_000);

  assert.deepEqual(told, []);
});

test("a break that lasts is announced once, with its sentence, and so is its end", async () => {
  const { clock, told, show } = viewed();
  show("live");

  show("reconnecting");
  await clock.pass(2_000);
  show("paused", "You are offline.");
  show("paused", "You are offline.");
  await clock.pass(4_900);
  const early = [...told];
  await clock.pass(200);
  show("reconnecting");
  await clock.pass(1_000);
  show("live");
  await clock.pass(60_000);

  assert.deepEqual(early, []);
  assert.deepEqual(told, ["Paused. You are offline.", "Live"]);
});

test("words that come and go are not announced, however long that lasts", async () => {
  const { clock, told, show } = viewed();
  show("live");

  for (let turn = 0; turn < 20; turn += 1) {
    show(turn % 2 ? "polling" : "reconnecting");
    await clock.pass(3_000);
  }

  assert.deepEqual(told, []);
});
