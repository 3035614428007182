import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { messageActs, Moderation } from "../moderation.js";
import { changesOf, wordsOf } from "../room_settings.js";
import { message } from "./chat_server.js";

const urls = { message: "/messages/__id__", members: "/members", notice: "/notice" };

/** Moderation against a server that remembers what it was asked and refuses what is in `refusals`. */
function world({ sure = true, notice = null, refusals = [], status = 403 } = {}) {
  const asked = [];
  const shown = [];
  const heard = [];
  const answer = async (method, url, body) => {
    asked.push([method, url, ...(body ? [body] : [])]);
    if (refusals.includes(method)) throw new ApiError({ status, code: "x", message: "Not allowed." });
    return { message: message(1, { deleted: method === "DELETE" }) };
  };
  const api = {
    post: (url, body) => answer("POST", url, body),
    put: (url, body) => answer("PUT", url, body),
    delete: (url) => answer("DELETE", url),
  };
  const toasts = { show: (text, options = {}) => shown.push({ text, ...options }) };
  const confirm = async (question) => (heard.push(question.title), sure);
  const moderation = new Moderation({ api, urls, toasts, confirm, notice, onMessage: ({ deleted }) => heard.push(deleted) });
  return { asked, shown, heard, moderation };
}

const person = { id: "u2", name: "Jiwoo" };

test("a message is removed and brought back, and the page shows it without waiting for the event", async () => {
  const { asked, shown, heard, moderation } = world();

  await moderation.remove(message(1));
  await shown[0].undo();

  assert.deepEqual(asked, [["DELETE", "/messages/m1"], ["POST", "/messages/m1/restore"]]);
  assert.deepEqual(heard, [true, false]);
});

test("each silence has its way back", async () => {
  const { asked, shown, moderation } = world();

  await moderation.mute(person, 10);
  await moderation.ban(person);
  for (const { undo } of [...shown]) await undo();

  assert.deepEqual(shown.map(({ text }) => text), ["Jiwoo cannot write for 10 minutes", "Jiwoo was banned"]);
  assert.deepEqual(asked, [
    ["POST", "/members/u2/mute", { minutes: 10 }],
    ["POST", "/members/u2/ban"],
    ["DELETE", "/members/u2/mute"],
    ["DELETE", "/members/u2/ban"],
  ]);
});

test("nobody is banned without being asked about", async () => {
  const { asked, heard, moderation } = world({ sure: false });

  assert.equal(await moderation.ban(person), false);

  assert.deepEqual(heard, ["Ban Jiwoo from this webinar?"]);
  assert.deepEqual(asked, []);
});

test("taking back a pin or its end brings back the notice of before", async () => {
  const before = { text: "Slides at ten", author: "Host", messageId: null };
  const { asked, shown, moderation } = world({ notice: before });

  await moderation.pin(message(1));
  moderation.notice = { text: "text 1", author: "Jiwoo", messageId: "m1" };
  await shown[0].undo();
  await moderation.unpin();
  await shown[1].undo();
  moderation.notice = null;
  await moderation.pin(message(1));
  await shown[2].undo();

  assert.deepEqual(asked, [
    ["PUT", "/notice", { message_id: "m1" }],
    ["PUT", "/notice", { text: "Slides at ten" }],
    ["DELETE", "/notice"],
    ["PUT", "/notice", { message_id: "m1" }],
    ["PUT", "/notice", { message_id: "m1" }],
    ["DELETE", "/notice"],
  ]);
});

test("what the server refuses is said, and offers nothing to take back", async () => {
  const { shown, heard, moderation } = world({ refusals: ["DELETE"] });

  assert.equal(await moderation.remove(message(1)), false);

  assert.deepEqual(shown, [{ text: "Not allowed.", bad: true }]);
  assert.deepEqual(heard, []);
});

test("the menu offers what this host may do with this message", () => {
  const offered = (more, context = {}) =>
    messageActs(message(1, more), { me: "host", outranks: false, notice: null, moderation: null, ...context }).map(({ label, text }) => label ?? text);
  const silence = ["Mute for 5 minutes", "Mute for 10 minutes", "Mute for 30 minutes", "Mute for 60 minutes", "Ban from the webinar…"];

  assert.deepEqual(offered({}), ["Pin as notice", "Remove message", ...silence]);
  assert.deepEqual(offered({ deleted: true }), ["Restore message", ...silence]);
  assert.deepEqual(offered({ authorId: "host", isHost: true }), ["Pin as notice", "Remove message"]);
  assert.deepEqual(offered({ isHost: true }), ["Pin as notice"]);
  assert.deepEqual(offered({ isHost: true, deleted: true }), []);
  assert.deepEqual(offered({ isHost: true }, { outranks: true }), ["Pin as notice", "Remove message", ...silence]);
  assert.deepEqual(offered({}, { notice: { messageId: "m1" } }), ["Unpin notice", "Remove message", ...silence]);
});

test("only what was changed in the settings is asked for, and the way back asks for the same", () => {
  const before = { chatEnabled: true, slowSeconds: 0, blockedWords: ["a"], questionsEnabled: true, questionsModerated: true };
  const after = { ...before, slowSeconds: 30, blockedWords: ["a", "b"] };

  assert.deepEqual(changesOf(before, after), { slow_seconds: 30, blocked_words: ["a", "b"] });
  assert.deepEqual(changesOf(after, before), { slow_seconds: 0, blocked_words: ["a"] });
  assert.deepEqual(changesOf(before, { ...before, blockedWords: ["a"] }), {});
  assert.deepEqual(wordsOf(" 광고 \n\n무료 상담\n"), ["광고", "무료 상담"]);
});

test("a message that another host removed since cannot be pinned, and that is said", async () => {
  const { moderation, shown } = world({ refusals: ["PUT"], status: 404 });

  assert.equal(await moderation.pin({ id: "m1" }), false);
  assert.deepEqual(shown, [{ text: "This message was removed.", bad: true }]);
});
