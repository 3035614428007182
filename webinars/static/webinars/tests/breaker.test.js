import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiClient } from "../api_client.js";
import { LivePass } from "../live_pass.js";
import { Polling } from "../polling.js";
import { FakeClock } from "./fake_clock.js";

const SERVER_TIME = "2026-03-02T10:00:00Z";
const WELL = { status: 200 };
const NETWORK = { status: 0 };

const passOf = (token) => ({ token, expiresAt: "2026-03-02T10:10:00Z", serverTime: SERVER_TIME });

/** Answers {waits: seconds between the polls, renewals, states} of five minutes in which the server gives `answers`; the last repeats. */
async function fiveMinutes(t, answers) {
  const clock = new FakeClock({ now: Date.parse(SERVER_TIME), random: 0.5 });
  t.mock.method(Date, "now", () => clock.now());
  const [times, states] = [[], []];
  let renewals = 0;
  const fetch = async () => {
    const { status, retryAfter } = answers[Math.min(times.length, answers.length - 1)];
    times.push((clock.now() - Date.parse(SERVER_TIME)) / 1000);
    if (status === 0) throw new TypeError("failed");
    const body = status === 200 ? { success: true, data: {} } : { success: false, error: "No.", code: "no" };
    return new Response(JSON.stringify(body), { status, headers: retryAfter ? { "Retry-After": retryAfter } : {} });
  };
  const pass = new LivePass({ ...passOf("first"), clock, requestPass: async () => passOf(`renewed-${(renewals += 1)}`) });
  const api = new ApiClient({ pass, fetch, timeout: () => undefined });
  const polling = new Polling({ clock, onState: (state) => states.at(-1) !== state && states.push(state) });
  polling.add({ name: "chat", everyMs: 2_000, ask: () => api.get("/messages") });
  polling.start();
  await clock.pass(300_000);
  polling.stop();
  const waits = times.slice(1).map((time, index) => Math.round(time - times[index]));
  return { waits, renewals, states: states.slice(0, -1), last: states.at(-2) };
}

const first = (count, waits) => waits.slice(0, count);

// After one good answer, the server gives this one. Waits are in seconds: the first is the pace of a healthy server; what
// follows the breaker's pause is the pause and the page's own moment (half of 2 s).
const FINAL = [
  { name: "400", answer: { status: 400 }, waits: [2], renewals: 0 },
  { name: "401, after one renewal", answer: { status: 401 }, waits: [2, 0], renewals: 1 },
  { name: "403", answer: { status: 403 }, waits: [2], renewals: 0 },
  { name: "404", answer: { status: 404 }, waits: [2], renewals: 0 },
  { name: "410", answer: { status: 410 }, waits: [2], renewals: 0 },
];

for (const { name, answer, waits, renewals } of FINAL) {
  test(`${name} stops polling at once`, async (t) => {
    const seen = await fiveMinutes(t, [WELL, answer]);

    assert.deepEqual(seen, { waits, renewals, states: ["failing", "ok", "off", "stopped"], last: "stopped" });
  });
}

const BACKING_OFF = [
  ["500", { status: 500 }],
  ["502", { status: 502 }],
  ["503", { status: 503 }],
  ["504", { status: 504 }],
  ["no network", NETWORK],
];

for (const [name, answer] of BACKING_OFF) {
  test(`${name} backs off, and the fifth in a row opens the breaker: one question a minute`, async (t) => {
    const { waits, states } = await fiveMinutes(t, [WELL, answer]);

    assert.deepEqual(waits, [2, 4, 8, 16, 32, 61, 61, 61]);
    assert.deepEqual(states, ["failing", "ok", "failing", "open"]);
  });
}

const ASKED_TO_WAIT = [
  ["429", { status: 429 }, 61],
  ["429 with Retry-After in seconds", { status: 429, retryAfter: "20" }, 21],
  ["429 with Retry-After beyond a minute", { status: 429, retryAfter: "150" }, 151],
  ["429 with Retry-After as a date", { status: 429, retryAfter: "Mon, 02 Mar 2026 10:00:42 GMT" }, 41],
  ["429 with a Retry-After that says nothing", { status: 429, retryAfter: "soon" }, 61],
];

for (const [name, answer, pause] of ASKED_TO_WAIT) {
  test(`${name} opens the breaker at once; the first good answer closes it`, async (t) => {
    const { waits, states, last } = await fiveMinutes(t, [WELL, answer, WELL]);

    assert.deepEqual(first(4, waits), [2, pause, 2, 2]);
    assert.deepEqual(states, ["failing", "ok", "open", "ok"]);
    assert.equal(last, "ok");
  });
}

test("a busy server's Retry-After is kept before the breaker opens, up to a minute", async (t) => {
  const { waits } = await fiveMinutes(t, [WELL, { status: 503, retryAfter: "30" }, { status: 503, retryAfter: "900" }, WELL]);

  assert.deepEqual(first(4, waits), [2, 30, 60, 2]);
});

test("half-open, one failure opens it again, for as long as that one says", async (t) => {
  const five = Array(5).fill({ status: 503 });
  const { waits, states } = await fiveMinutes(t, [...five, { status: 429, retryAfter: "10" }, WELL]);

  assert.deepEqual(first(8, waits), [4, 8, 16, 32, 61, 11, 2, 2]);
  assert.deepEqual(states, ["failing", "open", "ok"]);
});

test("a 401 that the renewal cures is no failure", async (t) => {
  const { waits, renewals, states } = await fiveMinutes(t, [WELL, { status: 401 }, WELL]);

  assert.deepEqual(first(3, waits), [2, 0, 2]);
  assert.deepEqual([renewals, states], [1, ["failing", "ok"]]);
});
