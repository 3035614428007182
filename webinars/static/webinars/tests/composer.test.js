import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { breaksLine, composerState, Draft, lengthOf, sends } from "../composer.js";
import { failureSentence, MessageSender } from "../message_sender.js";
import { MessageStore } from "../message_store.js";
import { keepUnsent } from "../unsent.js";
import { message } from "./chat_server.js";
import { FakeClock, settle } from "./fake_clock.js";

const enter = { key: "Enter", keyCode: 13 };

test("Enter sends; a line break, a composed syllable and a shortcut do not", () => {
  assert.equal(sends(enter), true);
  assert.equal(sends({ ...enter, shiftKey: true }), false);
  assert.equal(sends({ ...enter, isComposing: true }), false);
  assert.equal(sends({ ...enter, keyCode: 229 }), false);
  assert.equal(sends({ ...enter, ctrlKey: true }), false);
  assert.equal(sends({ key: "a", keyCode: 65 }), false);
});

test("an Enter that an input method kept for itself sends when it would break the line, and not before", () => {
  const byInputMethod = { keyCode: 229, shiftKey: false };

  assert.equal(breaksLine({ inputType: "insertLineBreak", isComposing: false }, byInputMethod), true);
  assert.equal(breaksLine({ inputType: "insertLineBreak", isComposing: true }, byInputMethod), false);
  assert.equal(breaksLine({ inputType: "insertCompositionText", isComposing: false }, byInputMethod), false);
  assert.equal(breaksLine({ inputType: "insertLineBreak", isComposing: false }, { keyCode: 229, shiftKey: true }), false);
  assert.equal(breaksLine({ inputType: "insertLineBreak", isComposing: false }, { keyCode: 13, shiftKey: true }), false);
});

test("characters are counted as the server counts them", () => {
  assert.equal(lengthOf("  안녕 👋\n"), 4);
  assert.equal(lengthOf("😀".repeat(1_000)), 1_000);
});

test("what stands in the way of writing: the chat, then a silence, then the wait of slow mode", () => {
  const state = (facts) => composerState({ chatEnabled: true, mutedUntil: 0, freeAt: 0, now: 100, ...facts });

  assert.equal(state({}), "");
  assert.equal(state({ chatEnabled: false, mutedUntil: 200, freeAt: 200 }), "off");
  assert.equal(state({ mutedUntil: 200, freeAt: 200 }), "muted");
  assert.equal(state({ mutedUntil: 100, freeAt: 101 }), "waiting");
  assert.equal(state({ freeAt: 100 }), "");
});

test("a draft is kept until it is empty, and a browser that keeps nothing is no obstacle", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) };
  const draft = new Draft({ key: "draft.w", storage });

  draft.set("반쯤 쓴");
  const read = new Draft({ key: "draft.w", storage }).get();
  draft.set("");
  const refusing = new Draft({ key: "x", storage: { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } } });
  refusing.set("text");

  assert.equal(read, "반쯤 쓴");
  assert.equal(kept.size, 0);
  assert.equal(refusing.get(), "");
});

/** A sender whose n-th post is answered by `answers[n]` (an error is thrown, null is success). */
function sender(answers) {
  const store = new MessageStore();
  const clock = new FakeClock();
  const posted = [];
  const stored = new Map();
  const heard = { refused: [], holds: [] };
  let written = 0;
  const api = {
    post: async (url, { body, client_id: clientId }) => {
      posted.push([body, clientId]);
      const answer = answers[posted.length - 1];
      if (answer?.storedAnyway || !answer) {
        if (!stored.has(clientId)) stored.set(clientId, message(stored.size + 1, { body, clientId, authorId: "me" }));
      }
      if (answer) throw answer;
      return { message: stored.get(clientId) };
    },
  };
  const subject = new MessageSender({
    api,
    url: "messages",
    store,
    clock,
    author: { authorId: "me", authorName: "Me", isHost: false },
    newClientId: () => `c${(written += 1)}`,
    onRefused: (error) => heard.refused.push(error.status),
    onHold: (milliseconds) => heard.holds.push(milliseconds),
  });
  return { store, clock, posted, stored, heard, subject };
}

const error = (status, more = {}) => Object.assign(new ApiError({ status, code: "x", message: "", ...more }), more);
const states = (store) => store.entries().map(({ body, state }) => [body, state]);

test("a message shows at once and is the server's when it answers", async () => {
  const { store, subject } = sender([]);

  const sending = subject.send("안녕하세요");
  const before = states(store);
  await sending;

  assert.deepEqual(before, [["안녕하세요", "sending"]]);
  assert.deepEqual(states(store), [["안녕하세요", "sent"]]);
});

test("a message that may have been stored is tried again as the same message, ever more slowly", async () => {
  const { store, clock, posted, stored, subject } = sender([error(0, { storedAnyway: true }), error(503), error(500)]);

  subject.send("hello");
  await settle();
  const waits = [...clock.waits];
  const meanwhile = states(store);
  await clock.pass(1_000);
  waits.push(...clock.waits);
  await clock.pass(2_000);
  waits.push(...clock.waits);
  await clock.pass(4_000);

  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  assert.deepEqual(meanwhile, [["hello", "retrying"]]);
  assert.deepEqual(posted, Array.from({ length: 4 }, () => ["hello", "c1"]));
  assert.equal(stored.size, 1);
  assert.deepEqual(states(store), [["hello", "sent"]]);
});

test("after six attempts a message waits for the person, and is then tried again", async () => {
  const { store, clock, posted, heard, subject } = sender(Array.from({ length: 6 }, () => error(0)));

  subject.send("hello");
  await clock.pass(60_000);
  const given = [states(store), posted.length, heard.refused];
  subject.resend("c1");
  subject.resend("c1");
  await settle();

  assert.deepEqual(given, [[["hello", "failed"]], 6, [0]]);
  assert.equal(posted.length, 7);
  assert.deepEqual(states(store), [["hello", "sent"]]);
});

test("own messages are stored in the order of writing, also when the first has to be tried again", async () => {
  const { store, clock, posted, subject } = sender([error(503)]);

  subject.send("first");
  subject.send("second");
  await settle();
  const waiting = posted.length;
  await clock.pass(1_000);

  assert.equal(waiting, 1);
  assert.deepEqual(posted.map(([body]) => body), ["first", "first", "second"]);
  assert.deepEqual(states(store), [["first", "sent"], ["second", "sent"]]);
});

test("a refusal is final at once, and what comes behind it goes on", async () => {
  const { store, posted, heard, subject } = sender([error(400, { message: "no" })]);

  subject.send("bad word");
  await subject.send("good word");

  assert.deepEqual(states(store), [["good word", "sent"], ["bad word", "failed"]]);
  assert.deepEqual([posted.length, heard.refused], [2, [400]]);
});

test("Retry-After is obeyed when it is short, and leaves the message to the person when it is long", async () => {
  const { store, clock, posted, heard, subject } = sender([
    error(429, { retryAfterSeconds: 4 }),
    null,
    error(429, { retryAfterSeconds: 30 }),
  ]);

  subject.send("soon");
  await clock.pass(3_900);
  const early = posted.length;
  await clock.pass(100);
  subject.send("much later");
  await clock.pass(60_000);

  assert.equal(early, 1);
  assert.equal(posted.length, 3);
  assert.deepEqual(heard.holds, [4_000, 30_000]);
  assert.deepEqual(states(store), [["soon", "sent"], ["much later", "failed"]]);
});

test("when the network is back, what waits goes at once; what was discarded does not", async () => {
  const { store, clock, posted, subject } = sender([error(0), error(0)]);

  subject.send("hello");
  await clock.pass(900);
  subject.hurry();
  await settle();
  const hurried = posted.length;
  store.discard("c1");
  await clock.pass(60_000);

  assert.equal(hurried, 2);
  assert.equal(posted.length, 2);
  assert.deepEqual(states(store), []);
});

test("why a message was not stored is said in the person's words", () => {
  assert.match(failureSentence(error(429)), /faster/);
  assert.match(failureSentence(error(0)), /Not sent/);
  assert.match(failureSentence(error(503)), /Not sent/);
  assert.equal(failureSentence(error(403, { message: "The chat is closed." })), "The chat is closed.");
});

test("what was not stored comes back with a reload, once, to be sent again", () => {
  let text = "";
  const kept = { get: () => text, set: (now) => (text = now) };
  const before = new MessageStore();
  keepUnsent({ store: before, kept });
  const author = { authorId: "me", authorName: "Me", isHost: false, createdAt: "" };
  before.addPending({ clientId: "c1", body: "stored after all", ...author });
  before.addPending({ clientId: "c2", body: "not stored", ...author });

  const after = new MessageStore();
  after.seed([message(1, { clientId: "c1", authorId: "me", body: "stored after all" })]);
  keepUnsent({ store: after, kept });
  const restored = states(after);
  after.discard("c2");
  const left = text;
  text = "{ not JSON";
  keepUnsent({ store: new MessageStore(), kept });

  assert.deepEqual(restored, [["stored after all", "sent"], ["not stored", "failed"]]);
  assert.equal(left, "");
});
