import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../api_client.js";
import { message, world } from "./room_world.js";

test("a greeted socket is live, and what was missed before it is fetched", async (t) => {
  const { room, hello, server, store, seen } = world(t);
  server.messages.push(message(2), message(3));

  room.enter();
  await hello();

  assert.deepEqual(seen.words, ["reconnecting", "live"]);
  assert.equal(store.lastSeq, 3);
  assert.deepEqual(seen.states, ["live"]);
});

test("an answer that the socket overtook is not shown, and the state is asked for again", async (t) => {
  const { room, hello, server, sockets, seen } = world(t);
  server.state = "scheduled";
  server.whileAsked = () => {
    server.whileAsked = null;
    server.state = "live";
    const events = [{ seq: 1, type: "webinar.state", data: { state: "live" } }];
    sockets.at(-1).onmessage({ data: JSON.stringify({ type: "events", events }) });
  };

  room.enter();
  await hello();

  assert.deepEqual(seen.events, ["webinar.state"]);
  assert.deepEqual(seen.states, ["live"]);
  assert.equal(server.states, 2);
});

test("a refusal while catching up pauses the page and says why", async (t) => {
  const { room, hello, server, seen, sockets, clock } = world(t);
  server.failure = 403;

  room.enter();
  await hello();
  await clock.pass(120_000);

  assert.equal(seen.words.at(-1), "paused");
  assert.match(seen.sentence, /no longer/);
  assert.equal(sockets.length, 1);
});

test("a page that was replaced is silent until it is taken back", async (t) => {
  const { room, hello, seen, sockets, clock, server } = world(t);
  room.enter();
  await hello();
  const polls = server.polls;

  room.leave({ superseded: true });
  await clock.pass(120_000);
  const meanwhile = [sockets.length, server.polls - polls, seen.words.at(-1)];
  room.enter();
  await hello();

  assert.deepEqual(meanwhile, [1, 0, "paused"]);
  assert.equal(seen.words.at(-1), "live");
});

test("a message that was lost before it was sent is fetched a moment after the count tells of it", async (t) => {
  const { room, hello, counted, server, store, clock } = world(t);
  room.enter();
  await hello();
  server.messages.push(message(2));

  counted(2);
  counted(2);
  await clock.pass(1_900);
  const early = store.lastSeq;
  const polls = server.polls;
  await clock.pass(2_200);

  assert.deepEqual([early, store.lastSeq], [1, 2]);
  assert.equal(server.polls, polls + 1);
});

test("a message that was on the way is not asked for", async (t) => {
  const { room, hello, counted, server, store, clock } = world(t);
  room.enter();
  await hello();
  const polls = server.polls;

  counted(2);
  store.add([message(2)]);
  await clock.pass(10_000);

  assert.equal(server.polls, polls);
});

test("a page says who it is and since when, also when it is taken back; a console does not", async (t) => {
  const { room, sockets, clock } = world(t, { pageId: "page-one", since: 1000 });
  const without = world(t);

  room.enter();
  sockets.at(-1).onclose({ code: 1012 });
  await clock.pass(2_000);
  room.leave({ superseded: true });
  room.enter({ since: 5000 });
  without.room.enter();

  const before = "ws://x/?page=page-one&since=1000";
  assert.deepEqual(sockets.map(({ url }) => url), [before, before, "ws://x/?page=page-one&since=5000"]);
  assert.equal(without.sockets[0].url, "ws://x/");
});

test("every part hears, and whoever stopped listening does not", async (t) => {
  const { room, hello, hear } = world(t);
  const heard = [];
  const end = room.on("notice.set", ({ text }) => heard.push(`one ${text}`));
  room.on("notice.set", ({ text }, { seq }) => heard.push(`two ${text} ${seq}`));
  room.enter();
  await hello();

  hear(1, "notice.set", { text: "a" });
  end();
  hear(2, "notice.set", { text: "b" });
  hear(3, "something.unknown", {});

  assert.deepEqual(heard, ["one a", "two a 1", "two b 2"]);
});

test("whoever is banned leaves at once and for good, with the reason", async (t) => {
  const { room, hello, hear, seen, sockets, server, clock } = world(t);
  const stopped = [];
  room.on("stopped", (status) => stopped.push(status));
  room.enter();
  await hello();
  const asked = server.polls;

  hear(null, "member.banned", {});
  await clock.pass(120_000);

  assert.deepEqual([seen.words.at(-1), seen.sentence], ["paused", "You can no longer take part in this webinar."]);
  assert.deepEqual([stopped, sockets.length, server.polls], [[403], 1, asked]);
});

for (const [code, sentence] of [
  ["not_registered", "You are no longer registered for this webinar. If this seems wrong, ask the organizer."],
  ["access_changed", "What you may do here has changed. Reload the page to continue."],
]) {
  test(`whoever is removed leaves at once, and reads why: ${code}`, async (t) => {
    const { room, hello, hear, seen, sockets, server, clock } = world(t);
    const stopped = [];
    room.on("stopped", (...why) => stopped.push(why));
    room.enter();
    await hello();
    const asked = server.polls;

    hear(null, "member.removed", { code });
    sockets.at(-1).onclose?.({ code: 4403 });
    await clock.pass(120_000);

    assert.deepEqual([seen.words.at(-1), seen.sentence], ["paused", sentence]);
    assert.deepEqual([stopped, sockets.length, server.polls], [[[403, code]], 1, asked]);
  });
}

for (const [code, sentence] of [
  [4403, "You can no longer take part in this webinar."],
  [4404, "This webinar is not available any more."],
]) {
  test(`${code} is the end, with a sentence`, async (t) => {
    const { room, hello, seen, sockets, clock } = world(t);
    room.enter();
    await hello();

    sockets.at(-1).onclose({ code });
    await clock.pass(120_000);

    assert.deepEqual([seen.words.at(-1), seen.sentence, sockets.length], ["paused", sentence, 1]);
  });
}

test("a renewed pass is told to the socket; a lost one ends it, with what to do", async (t) => {
  const { room, hello, told, sockets, seen, clock } = world(t);
  room.enter();
  await hello();

  room.pass.token = "q";
  told.pass("valid");
  const sent = sockets[0].sent;
  told.pass("lost", new ApiError({ status: 401, code: "bad_pass", message: "" }));
  await clock.pass(120_000);

  assert.deepEqual(sent, [{ type: "pass", pass: "q" }]);
  assert.match(seen.sentence, /Reload the page/);
  assert.equal(sockets.length, 1);
});

test("a part that misses something is asked for in a moment, once, and alone", async (t) => {
  const { room, hello, clock, server } = world(t);
  let asked = 0;
  room.add({ name: "questions", everyMs: 5_000, catchUp: async () => void (asked += 1), expect: () => false });
  room.enter();
  await hello();
  const polls = server.polls;

  room.fill("questions");
  room.fill("questions");
  const atOnce = asked;
  await clock.pass(2_000);

  assert.deepEqual([atOnce, asked, server.polls - polls], [1, 2, 0]);
});

test("on waking the pass and the socket are looked after, but not those of a page that left", async (t) => {
  const { room, hello, told, clock, sockets } = world(t);
  room.enter();
  await hello();

  clock.sleep(3_600_000);
  room.wake();
  await clock.pass(2_000);
  const after = [told.wakes, sockets.length];
  room.leave();
  room.wake();

  assert.deepEqual(after, [1, 2]);
  assert.equal(told.wakes, 1);
});
