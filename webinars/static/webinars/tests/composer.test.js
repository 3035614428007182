import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { MessageSender, failureSentence, sends } from "../composer.js";
import { MessageStore } from "../message_store.js";

const enter = { key: "Enter", keyCode: 13 };

test("Enter sends; a line break, a composed syllable and a shortcut do not", () => {
  assert.equal(sends(enter), true);
  assert.equal(sends({ ...enter, shiftKey: true }), false);
  assert.equal(sends({ ...enter, isComposing: true }), false);
  assert.equal(sends({ ...enter, keyCode: 229 }), false);
  assert.equal(sends({ ...enter, ctrlKey: true }), false);
  assert.equal(sends({ key: "a", keyCode: 65 }), false);
});

/** A sender whose n-th post is answered by `answers[n]` (an error is thrown). */
function sender(answers) {
  const store = new MessageStore();
  const posted = [];
  const subject = new MessageSender({
    store,
    url: "messages",
    author: { authorId: "me", authorName: "Me", isHost: false },
    newClientId: () => `c${posted.length + 1}`,
    now: () => new Date("2026-03-02T10:00:00Z"),
    api: {
      post: async (url, body) => {
        posted.push(body);
        const answer = answers[posted.length - 1];
        if (answer) throw answer;
        const message = { id: "m1", seq: 1, body: body.body, authorId: "me", authorName: "Me", isHost: false, clientId: body.client_id, createdAt: "2026-03-02T10:00:01Z", deleted: false };
        return { message };
      },
    },
  });
  return { store, posted, subject };
}

const states = (store) => store.entries().map(({ body, state }) => [body, state]);
const away = new ApiError({ status: 0, code: "network", message: "" });

test("a message shows at once and is the server's when it answers", async () => {
  const { store, subject } = sender([]);

  const posting = subject.send("안녕하세요");
  const before = states(store);
  await posting;

  assert.deepEqual(before, [["안녕하세요", "sending"]]);
  assert.deepEqual(states(store), [["안녕하세요", "sent"]]);
});

test("a failed message is sent again as the same message", async () => {
  const { store, posted, subject } = sender([away]);

  await subject.send("hello");
  const failed = states(store);
  await subject.resend("c1");

  assert.deepEqual(failed, [["hello", "failed"]]);
  assert.deepEqual(posted, [{ body: "hello", client_id: "c1" }, { body: "hello", client_id: "c1" }]);
  assert.deepEqual(states(store), [["hello", "sent"]]);
});

test("a message on its way is not sent a second time", async () => {
  const { posted, subject } = sender([]);

  const posting = subject.send("hello");
  subject.resend("c1");
  await posting;

  assert.equal(posted.length, 1);
});

test("why a message was not stored is said in the person's words", () => {
  const error = (status, message) => failureSentence(new ApiError({ status, code: "x", message }));

  assert.match(error(429, ""), /faster/);
  assert.match(error(0, ""), /Not sent/);
  assert.match(error(503, ""), /Not sent/);
  assert.equal(error(403, "The chat is closed."), "The chat is closed.");
});
