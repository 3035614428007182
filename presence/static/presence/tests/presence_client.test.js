import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../../webinars/static/webinars/api_client.js";
import { Deferred, FakeClock, settle } from "../../../../webinars/static/webinars/tests/fake_clock.js";
import { PresenceClient } from "../presence_client.js";

const MINUTE = 60_000;
const INTERVALS = { pingSeconds: 120, pingJitterSeconds: 10, trackSeconds: 300, throttleSeconds: 60 };
const refusal = (status) => new ApiError({ status, code: "x", message: "" });

/** A page with a client; `answer(kind, n)` gives the n-th answer of track and ping. */
function page({ random = 0.5, visible = true, answer = () => null } = {}) {
  const clock = new FakeClock({ random });
  const start = clock.now();
  const calls = [];
  const stopped = [];
  const counts = { track: 0, ping: 0 };
  const tab = { visible };
  let sessions = 0;
  const seconds = () => (clock.now() - start) / 1000;
  const client = new PresenceClient({
    clock,
    intervals: { ...INTERVALS },
    urls: { track: "track", ping: "ping", exit: "exit" },
    token: () => "pass",
    isVisible: () => tab.visible,
    newSessionId: () => `session-${(sessions += 1)}`,
    referrer: "https://example.org/",
    onStopped: (error) => stopped.push(error.status),
    beacon: (url, text) => calls.push({ kind: url, at: seconds(), body: JSON.parse(text) }),
    api: {
      post: async (url, body) => {
        calls.push({ kind: url, at: seconds(), body });
        counts[url] += 1;
        const given = await answer(url, counts[url]);
        if (given instanceof Error) throw given;
        return given ?? (url === "track" ? { session: "open", intervals: INTERVALS } : null);
      },
    },
  });
  const times = (kind) => calls.filter((call) => call.kind === kind).map(({ at }) => at);
  const show = (isVisible) => {
    tab.visible = isVisible;
    client.visibilityChanged();
  };
  return { client, clock, calls, times, show, stopped, tab };
}

test("it tracks on entry and pings every two minutes after, each page at its own moment", async () => {
  const early = page({ random: 0 });
  const late = page({ random: 1 });

  for (const { client, clock } of [early, late]) {
    client.start();
    await clock.pass(270_000);
  }

  assert.deepEqual(early.calls[0], { kind: "track", at: 0, body: { session_id: "session-1", referrer: "https://example.org/" } });
  assert.deepEqual(early.times("ping"), [110, 220]);
  assert.deepEqual(late.times("ping"), [130, 260]);
  assert.deepEqual(early.calls[1].body, { session_id: "session-1", view_state: { is_visible: true } });
});

test("it tracks again every five minutes, up to twenty seconds early", async () => {
  const { client, clock, times } = page({ random: 1 });

  client.start();
  await clock.pass(15 * MINUTE);

  assert.deepEqual(times("track"), [0, 280, 560, 840]);
});

test("a hidden tab says so once, stops pinging, and goes on tracking", async () => {
  const { client, clock, calls, times, show } = page();
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(10 * MINUTE);

  assert.deepEqual(times("ping"), [30]);
  assert.deepEqual(calls.filter(({ kind }) => kind === "ping")[0].body.view_state, { is_visible: false });
  assert.deepEqual(times("track"), [0, 230, 460]);
});

test("a hidden tab tracks 60 to 80 seconds early, also when the turn was planned while it was in front", async () => {
  for (const [random, second] of [[0, 240], [1, 220]]) {
    const { client, clock, times, show } = page({ random });
    client.start();
    await clock.pass(100_000);

    show(false);
    await clock.pass(3 * MINUTE);

    assert.deepEqual(times("track"), [0, second]);
  }
});

test("a tab that is hidden when its turn has nearly come tracks as soon as that counts, and once", async () => {
  const { client, clock, times, show } = page({ random: 0 });
  client.start();
  await clock.pass(270_000);

  show(false);
  await clock.pass(2 * MINUTE);

  assert.deepEqual(times("track"), [0, 331]);
});

test("coming back pings at once, also within a minute, and the rhythm begins anew", async () => {
  const { client, clock, calls, times, show } = page();
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(5_000);
  show(true);
  await clock.pass(125_000);

  assert.deepEqual(times("ping"), [30, 35, 155]);
  assert.deepEqual(calls.filter(({ kind }) => kind === "ping").map(({ body }) => body.view_state.is_visible), [false, true, true]);
});

test("a tab that was opened in the background says that it is not in front", async () => {
  const { client, clock, calls, times } = page({ visible: false });

  client.start();
  await clock.pass(10 * MINUTE);

  assert.deepEqual(times("ping"), [0]);
  assert.equal(calls[1].body.view_state.is_visible, false);
});

test("a change during a ping is told right after it, never beside it", async () => {
  const first = new Deferred();
  const { client, clock, calls, show } = page({ answer: (kind, n) => (kind === "ping" && n === 1 ? first.promise : null) });
  client.start();
  await clock.pass(120_000);

  show(false);
  await settle();
  const before = calls.filter(({ kind }) => kind === "ping").length;
  first.resolve(null);
  await settle();

  assert.equal(before, 1);
  assert.deepEqual(calls.filter(({ kind }) => kind === "ping").map(({ body }) => body.view_state.is_visible), [true, false]);
});

test("a failed ping is tried three times more with growing waits, then waits for its turn", async () => {
  const { client, clock, times } = page({ random: 0, answer: (kind) => (kind === "ping" ? refusal(503) : null) });

  client.start();
  await clock.pass(239_000);

  assert.deepEqual(times("ping"), [110, 112, 116, 124, 234, 236]);
});

test("coming back during a retry's wait does not sit it out", async () => {
  const { client, clock, times, show } = page({ random: 0, answer: (kind, n) => (kind === "ping" && n <= 3 ? refusal(0) : null) });
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(3_000);
  show(true);
  await clock.pass(1_000);

  assert.deepEqual(times("ping"), [30, 32, 33]);
});

test("never two pings within a minute, even when the server hands out a shorter interval", async () => {
  const short = { ...INTERVALS, pingSeconds: 20, pingJitterSeconds: 0 };
  const { client, clock, times } = page({ answer: (kind) => (kind === "track" ? { session: "open", intervals: short } : null) });

  client.start();
  await clock.pass(150_000);

  assert.deepEqual(times("ping"), [20, 80, 140]);
});

test("a longer heartbeat that the server hands out is kept", async () => {
  const long = { ...INTERVALS, pingSeconds: 180, trackSeconds: 600 };
  const { client, clock, times } = page({ answer: (kind) => (kind === "track" ? { session: "open", intervals: long } : null) });

  client.start();
  await clock.pass(10 * MINUTE);

  assert.deepEqual(times("ping"), [180, 360, 540]);
  assert.deepEqual(times("track"), [0, 590]);
});

for (const kind of ["track", "ping"]) {
  test(`a session that ${kind} finds closed is replaced by a new one`, async () => {
    const { client, clock, calls } = page({ answer: (url, n) => (url === kind && n === 1 ? { session: "closed" } : null) });

    client.start();
    await clock.pass(125_000);

    const sessions = calls.filter((call) => call.kind === "track").map(({ body }) => body.session_id);
    assert.deepEqual(sessions, ["session-1", "session-2"]);
    assert.equal(client.sessionId, "session-2");
  });
}

test("a server that closes every session is not asked without end", async () => {
  const { client, clock, times } = page({ answer: (kind) => (kind === "track" ? { session: "closed" } : null) });

  client.start();
  await clock.pass(MINUTE);

  assert.equal(times("track").length, 4);
});

for (const status of [401, 403, 404, 410]) {
  test(`${status} ends it, and the page is told`, async () => {
    const { client, clock, times, stopped, show } = page({ answer: (kind) => (kind === "ping" ? refusal(status) : null) });
    client.start();
    await clock.pass(125_000);

    show(false);
    client.leave();
    await clock.pass(20 * MINUTE);

    assert.deepEqual(stopped, [status]);
    assert.deepEqual([times("track").length, times("ping").length, times("exit").length], [1, 1, 0]);
  });
}

test("leaving says so once, with the pass in the body, and is silent after", async () => {
  const { client, clock, calls, times } = page();
  client.start();
  await clock.pass(10_000);

  client.leave();
  client.leave();
  await clock.pass(20 * MINUTE);

  assert.deepEqual(calls.at(-1), { kind: "exit", at: 10, body: { session_id: "session-1", token: "pass" } });
  assert.deepEqual([times("track").length, times("ping").length, times("exit").length], [1, 0, 1]);
});

test("a page that the browser gives back begins a new session", async () => {
  const { client, clock, calls } = page();
  client.start();
  await clock.pass(10_000);
  client.leave();
  await clock.pass(MINUTE);

  client.start();
  await clock.pass(1_000);
  client.leave();

  assert.deepEqual(
    calls.map(({ kind, body }) => [kind, body.session_id]),
    [["track", "session-1"], ["exit", "session-1"], ["track", "session-2"], ["exit", "session-2"]],
  );
});

test("an entry that finds no server is tried again, later and later but within a ping's turn, and pings follow", async () => {
  const { client, clock, times } = page({ random: 0, answer: (kind, n) => (kind === "track" && n < 9 ? refusal(503) : null) });

  client.start();
  await clock.pass(7 * MINUTE);

  assert.deepEqual(times("track"), [0, 2, 6, 14, 30, 62, 122, 182, 242]);
  assert.deepEqual(times("ping"), [352]);
});

test("no retry of an entry waits longer than a ping's turn", async () => {
  const { client, clock, times } = page({ random: 1, answer: (kind) => (kind === "track" ? refusal(0) : null) });

  client.start();
  await clock.pass(20 * MINUTE);

  const waits = times("track").slice(1).map((time, index) => time - times("track")[index]);
  assert.deepEqual(waits.slice(0, 6), [4, 8, 16, 32, 64, 120]);
  assert.equal(Math.max(...waits), 120);
});

test("a failed entry waits as long as the server asks, a little longer on some pages", async () => {
  for (const [random, second] of [[0, 40], [1, 48]]) {
    const busy = () => Object.assign(refusal(429), { retryAfterSeconds: 40 });
    const { client, clock, times } = page({ random, answer: (kind, n) => (kind === "track" && n === 1 ? busy() : null) });

    client.start();
    await clock.pass(MINUTE);

    assert.deepEqual(times("track"), [0, second]);
  }
});

test("a later entry that fails is tried again too, and pings go on meanwhile", async () => {
  const { client, clock, times } = page({ random: 0, answer: (kind, n) => (kind === "track" && n === 2 ? refusal(0) : null) });

  client.start();
  await clock.pass(340_000);

  assert.deepEqual(times("track"), [0, 300, 302]);
  assert.deepEqual(times("ping"), [110, 220, 330]);
});

test("a network that is back ends the wait of a failed entry, and disturbs nothing else", async () => {
  const { client, clock, times } = page({ random: 0, answer: (kind, n) => (kind === "track" && n <= 5 ? refusal(0) : null) });
  client.start();
  await clock.pass(40_000);

  client.online();
  await clock.pass(5_000);
  client.online();
  await clock.pass(MINUTE);

  assert.deepEqual(times("track"), [0, 2, 6, 14, 30, 40]);
});

const viewStates = (calls) => calls.filter(({ kind }) => kind === "ping").map(({ at, body }) => ({ at, ...body.view_state }));

test("a change that could not be told is told again, with its age, also from behind", async () => {
  const { client, clock, calls, show } = page({ random: 0, answer: (kind, n) => (kind === "ping" && n <= 5 ? refusal(0) : null) });
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(10 * MINUTE);

  assert.deepEqual(viewStates(calls), [
    { at: 30, is_visible: false },
    { at: 32, is_visible: false, changed_seconds_ago: 2 },
    { at: 36, is_visible: false, changed_seconds_ago: 6 },
    { at: 44, is_visible: false, changed_seconds_ago: 14 },
    { at: 154, is_visible: false, changed_seconds_ago: 124 },
    { at: 156, is_visible: false, changed_seconds_ago: 126 },
  ]);
});

test("a change that was told in time has no age, nor has what comes after a late one", async () => {
  const { client, clock, calls, show } = page({ random: 0, answer: (kind, n) => (kind === "ping" && n === 1 ? refusal(0) : null) });
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(MINUTE);
  show(true);
  await clock.pass(MINUTE);

  assert.deepEqual(viewStates(calls), [
    { at: 30, is_visible: false },
    { at: 32, is_visible: false, changed_seconds_ago: 2 },
    { at: 90, is_visible: true },
  ]);
});

test("whoever leaves before a change could be told takes its age along", async () => {
  const { client, clock, calls, show } = page({ random: 0, answer: (kind) => (kind === "ping" ? refusal(0) : null) });
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(20_000);
  client.leave();

  assert.equal(calls.at(-1).body.changed_seconds_ago, 20);
});

test("a page that the server does not know yet has nothing to tell until it does", async () => {
  const first = new Deferred();
  const { client, clock, calls, show, stopped } = page({ answer: (kind) => (kind === "track" ? first.promise : null) });
  client.start();

  show(false);
  await clock.pass(3_000);
  const before = calls.map(({ kind }) => kind);
  first.resolve(null);
  await settle();

  assert.deepEqual(before, ["track"]);
  assert.deepEqual(viewStates(calls), [{ at: 3, is_visible: false, changed_seconds_ago: 3 }]);
  assert.deepEqual(stopped, []);
});

test("what could not be told is told with the next refresh that gets through", async () => {
  const { client, clock, calls, show } = page({ random: 0, answer: (kind, n) => (kind === "ping" && n <= 8 ? refusal(0) : null) });
  client.start();
  await clock.pass(30_000);

  show(false);
  await clock.pass(4.5 * MINUTE);

  assert.deepEqual(viewStates(calls).at(-1), { at: 240, is_visible: false, changed_seconds_ago: 210 });
});
