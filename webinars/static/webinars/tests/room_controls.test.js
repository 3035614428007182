import assert from "node:assert/strict";
import { test } from "node:test";

import { RoomControls } from "../room_controls.js";

const NAMES = ["chat_enabled", "slow_seconds", "questions_enabled", "questions_moderated", "save_words"];
const FACTS = { chatEnabled: true, slowSeconds: 0, questionsEnabled: true, questionsModerated: true };

/** The form of room_panel.html, as far as the switches need it. */
function formOf() {
  const element = (more) => Object.assign(new EventTarget(), more);
  const elements = Object.fromEntries(NAMES.map((name) => [name, element({ name, type: name === "slow_seconds" ? "select-one" : "checkbox" })]));
  const parts = { "[data-blocked-words]": element({}), "[data-controls-problem]": element({ hidden: true }) };
  return element({ elements, querySelector: (selector) => parts[selector] });
}

/** A server whose answers are let go one by one. */
class SlowServer {
  asked = [];
  #waiting = [];

  patch(_url, changes) {
    this.asked.push(changes);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async answer(room) {
    this.#waiting.shift().resolve(room);
    await settled();
  }

  async refuse(message) {
    this.#waiting.shift().reject(new Error(message));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function controls() {
  const heard = {};
  const said = [];
  const form = formOf();
  const api = new SlowServer();
  const room = { on: (type, hear) => (heard[type] = hear) };
  const toasts = { show: (text) => said.push(text) };
  new RoomControls({ form, room, api, urls: { room: "room" }, toasts, facts: FACTS, notice: () => null });
  const turn = (name, change) => {
    Object.assign(form.elements[name], change);
    form.elements[name].dispatchEvent(new Event("change"));
  };
  return { api, form, heard, said, turn };
}

test("of two quick turns the last one stays, and the two are never under way at once", async () => {
  const { api, form, said, turn } = controls();

  turn("chat_enabled", { checked: false });
  turn("chat_enabled", { checked: true });
  assert.deepEqual(api.asked, [{ chat_enabled: false }]);
  await api.answer({ chatEnabled: false });
  assert.deepEqual(api.asked, [{ chat_enabled: false }, { chat_enabled: true }]);
  await api.answer({ chatEnabled: true });

  assert.equal(form.elements.chat_enabled.checked, true);
  assert.deepEqual(said, ["Room settings saved"]);
});

test("what a colleague turned meanwhile is shown when the answer is there", async () => {
  const { api, form, heard, turn } = controls();

  turn("slow_seconds", { value: "30" });
  heard["webinar.state"]({ chatEnabled: false });
  assert.equal(form.elements.chat_enabled.checked, false);
  await api.answer({ slowSeconds: 30 });
  heard["webinar.state"]({ slowSeconds: 60 });

  assert.equal(form.elements.slow_seconds.value, "60");
});

test("what is refused goes back and is said", async () => {
  const { api, form, said, turn } = controls();

  turn("questions_enabled", { checked: false });
  await api.refuse("You may not do this.");

  assert.equal(form.elements.questions_enabled.checked, true);
  assert.equal(form.querySelector("[data-controls-problem]").textContent, "You may not do this.");
  assert.deepEqual(said, []);
});
