import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer } from "../announcer.js";
import { TitleCount } from "../unread_marker.js";
import { FakeClock } from "./fake_clock.js";

const said = (count) => Array.from({ length: count }, (_, index) => ({ authorName: "Jiwoo", body: `text ${index + 1}` }));

/** An announcer whose live region remembers each text it was given. */
function world() {
  const clock = new FakeClock();
  const heard = [];
  const element = { set textContent(text) { heard.push(text); } };
  return { clock, heard, announcer: new Announcer({ element, clock }) };
}

test("one or two messages are read out, many are told as a number", async () => {
  const { clock, heard, announcer } = world();

  announcer.add(said(2));
  await clock.pass(1_000);
  announcer.add(said(12));
  await clock.pass(1_000);

  assert.deepEqual(heard, ["Jiwoo: text 1\nJiwoo: text 2", "12 new messages"]);
});

test("a flood is told of every few seconds, with all that came", async () => {
  const { clock, heard, announcer } = world();

  for (let second = 0; second < 20; second += 1) {
    announcer.add(said(5));
    await clock.pass(1_000);
  }
  await clock.pass(20_000);

  assert.deepEqual(heard, ["5 new messages", "30 new messages", "30 new messages", "30 new messages", "5 new messages"]);
});

test("the title counts while the tab is hidden, and is itself again when it is seen", () => {
  const page = new EventTarget();
  Object.assign(page, { title: "Webinar", visibilityState: "visible" });
  const count = new TitleCount({ page });
  const turn = (state) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event("visibilitychange"));
  };

  count.add(1);
  const seen = page.title;
  turn("hidden");
  count.add(2);
  count.add(1);
  const hidden = page.title;
  turn("visible");

  assert.deepEqual([seen, hidden, page.title], ["Webinar", "(3) Webinar", "Webinar"]);
});
