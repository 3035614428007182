import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiClient, ApiError, retryAfterSeconds } from "../api_client.js";
import { LivePass, passRequest } from "../live_pass.js";
import { Deferred, FakeClock, settle } from "./fake_clock.js";

const SERVER_TIME = "2026-03-02T10:00:00Z";
const answerOf = (token, minutes = 10) => ({
  token,
  expiresAt: new Date(Date.parse(SERVER_TIME) + minutes * 60_000).toISOString(),
  serverTime: SERVER_TIME,
});

function passWith(requestPass, { clock = new FakeClock(), heard = [] } = {}) {
  const pass = new LivePass({ ...answerOf("first"), requestPass, clock });
  pass.subscribe((state, error) => heard.push(error ? [state, error.status] : state));
  return pass;
}

const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const ok = (data) => json(200, { success: true, data });
const refused = (status, code = "refused", headers = {}) => json(status, { success: false, error: "No.", code }, headers);

test("a pass is renewed when 70 to 90 % of its life are over, by the server's clock, each at its own moment", async () => {
  const renewedAt = async (random) => {
    const clock = new FakeClock({ now: Date.parse("2031-01-01T00:00:00Z"), random });
    const start = clock.now();
    const asked = [];
    const pass = passWith(async (token) => (asked.push([token, clock.now() - start]), answerOf("second")), { clock });
    pass.start();
    await clock.pass(9 * 60_000);
    return [...asked, pass.token];
  };

  assert.deepEqual(await renewedAt(0), [["first", 7 * 60_000], "second"]);
  assert.deepEqual(await renewedAt(0.5), [["first", 8 * 60_000], "second"]);
  assert.deepEqual(await renewedAt(1), [["first", 9 * 60_000], "second"]);
});

test("calls that meet a 401 together wait for one renewal and go out once more", async () => {
  const renewal = new Deferred();
  let renewals = 0;
  const pass = passWith(() => (renewals += 1, renewal.promise));
  const sent = [];
  const fetch = async (url, { headers }) => {
    sent.push([url, headers.Authorization]);
    return headers.Authorization === "Bearer second" ? ok({ url }) : refused(401);
  };
  const api = new ApiClient({ pass, fetch, timeout: () => undefined });

  const calls = ["/a", "/b", "/c"].map((url) => api.get(url));
  await settle();
  renewal.resolve(answerOf("second"));
  const answers = await Promise.all(calls);

  assert.equal(renewals, 1);
  assert.deepEqual(answers, [{ url: "/a" }, { url: "/b" }, { url: "/c" }]);
  assert.equal(sent.length, 6);
});

test("a call that fails late, with a pass that has been replaced meanwhile, does not renew again", async () => {
  let renewals = 0;
  const pass = passWith(async () => (renewals += 1, answerOf("second")));

  await pass.renew("first");
  const token = await pass.renew("first");

  assert.equal(token, "second");
  assert.equal(renewals, 1);
});

test("a second 401 is not asked again", async () => {
  const pass = passWith(async () => answerOf("second"));
  let calls = 0;
  const api = new ApiClient({ pass, fetch: async () => (calls += 1, refused(401, "bad_pass")), timeout: () => undefined });

  await assert.rejects(api.get("/a"), { status: 401, code: "bad_pass" });

  assert.equal(calls, 2);
});

test("a renewal that fails for now is what the call fails with, and the next call finds the server again", async () => {
  const answers = [json(503, { success: false, error: "Busy.", code: "away" }, { "Retry-After": "7" }), ok(answerOf("second"))];
  const pass = passWith(passRequest({ url: "/token", csrfToken: "csrf", fetch: async () => answers.shift(), timeout: () => undefined, cookies: () => "" }));
  const fetch = async (_url, { headers }) => (headers.Authorization === "Bearer second" ? ok({ fine: true }) : refused(401));
  const api = new ApiClient({ pass, fetch, timeout: () => undefined });

  await assert.rejects(api.get("/a"), { status: 503, code: "away", retryAfterSeconds: 7 });

  assert.deepEqual(await api.get("/a"), { fine: true });
});

test("a renewal without a network is a network failure; a refused one is the call's own 401", async () => {
  const failing = (error) => {
    const pass = passWith(async () => { throw error; });
    return new ApiClient({ pass, fetch: async () => refused(401, "bad_pass"), timeout: () => undefined });
  };
  const offline = new ApiError({ status: 0, code: "network", message: "" });
  const banned = new ApiError({ status: 403, code: "banned", message: "" });

  await assert.rejects(failing(offline).get("/a"), { status: 0, code: "network" });
  await assert.rejects(failing(banned).get("/a"), { status: 401, code: "bad_pass" });
});

test("a refusal to renew is told once and ends the timer", async () => {
  const clock = new FakeClock();
  const heard = [];
  const refusal = new ApiError({ status: 403, code: "banned", message: "No." });
  const pass = passWith(async () => { throw refusal; }, { clock, heard });

  pass.start();
  await clock.pass(60 * 60_000);
  await assert.rejects(pass.renew(), refusal);

  assert.deepEqual(heard, [["lost", 403]]);
  assert.deepEqual(clock.waits, []);
});

test("a renewal that finds no server is tried again, later and later; the page hears of it when the pass has ended", async () => {
  const clock = new FakeClock({ random: 1 });
  const asked = [];
  const heard = [];
  let away = true;
  const request = async () => {
    asked.push(clock.now());
    if (away) throw new ApiError({ status: 503, code: "away", message: "" });
    return answerOf("second");
  };
  const pass = passWith(request, { clock, heard });

  pass.start();
  await clock.pass(9.9 * 60_000);
  const before = [...heard];
  await clock.pass(2 * 60_000);
  away = false;
  await clock.pass(60_000);

  const waits = asked.slice(1).map((time, index) => (time - asked[index]) / 1000);
  assert.deepEqual(waits.slice(0, 5), [4, 8, 16, 30, 30]);
  assert.deepEqual(before, []);
  assert.deepEqual([...new Set(heard)], ["late", "valid"]);
  assert.equal(heard.at(-1), "valid");
});

test("a renewal that is asked to wait waits so long, and not all pages equally long", async () => {
  const waits = [];
  for (const random of [0, 1]) {
    const clock = new FakeClock({ random });
    const asked = [];
    const busy = new ApiError({ status: 429, code: "busy", message: "", retryAfterSeconds: 50 });
    const pass = passWith(async () => { asked.push(clock.now()); throw busy; }, { clock });
    pass.start();
    await clock.pass(10.5 * 60_000);
    waits.push((asked[1] - asked[0]) / 1000);
  }

  assert.deepEqual(waits, [50, 60]);
});

test("a laptop that slept beyond its pass renews it on waking, by the login, once", async () => {
  const clock = new FakeClock();
  const asked = [];
  const pass = passWith(async (token, stillValid) => (asked.push([token, stillValid]), answerOf("second")), { clock });
  pass.start();
  await clock.pass(60_000);

  clock.sleep(3 * 3_600_000);
  pass.wake();
  pass.wake();
  await settle();
  pass.wake();

  assert.deepEqual(asked, [["first", false]]);
  assert.equal(pass.endsAt, clock.now() + 10 * 60_000);
  assert.deepEqual(clock.waits, [8 * 60_000]);
});

test("a laptop that slept and is not looked at recovers when its timer comes round", async () => {
  const clock = new FakeClock();
  let renewals = 0;
  const pass = passWith(async () => (renewals += 1, answerOf("second")), { clock });
  pass.start();

  clock.sleep(3 * 3_600_000);
  await clock.pass(8 * 60_000);

  assert.deepEqual([renewals, pass.token], [1, "second"]);
});

test("a stopped pass is not renewed, even when it was stopped during a renewal that fails", async () => {
  const clock = new FakeClock();
  const renewal = new Deferred();
  let renewals = 0;
  const pass = passWith(() => (renewals += 1, renewal.promise), { clock });
  pass.start();
  await clock.pass(9 * 60_000);

  pass.stop();
  renewal.reject(new ApiError({ status: 503, code: "away", message: "" }));
  await clock.pass(60 * 60_000);

  assert.deepEqual([renewals, clock.waits], [1, []]);
});

test("a valid pass renews itself; an ended one is replaced by the login", async () => {
  const sent = [];
  const fetch = async (url, { headers }) => (sent.push({ ...headers }), ok(answerOf("second")));
  const request = passRequest({ url: "/token", csrfToken: "csrf", fetch, timeout: () => undefined, cookies: () => "" });

  await request("first", true);
  await request("first", false);

  assert.deepEqual(sent, [
    { Accept: "application/json", Authorization: "Bearer first" },
    { Accept: "application/json", "X-CSRFToken": "csrf" },
  ]);
});

test("a pass that the server no longer takes falls back to the login", async () => {
  const fetch = async (url, { headers }) => (headers.Authorization ? refused(401) : ok(answerOf("second")));
  const request = passRequest({ url: "/token", csrfToken: "csrf", fetch, timeout: () => undefined, cookies: () => "" });

  const answer = await request("first", true);

  assert.equal(answer.token, "second");
});

test("the CSRF token of the cookie counts: signing in elsewhere has changed the page's", async () => {
  const sent = [];
  const fetch = async (url, { headers }) => {
    sent.push(headers["X-CSRFToken"]);
    return ok(answerOf("second"));
  };
  const options = { url: "/token", csrfToken: "old", fetch, timeout: () => undefined };

  for (const cookie of ["language=ko; csrftoken=new; other=1", "a=1; __Host-csrftoken=newer", "xcsrftoken=no"]) {
    await passRequest({ ...options, cookies: () => cookie })("first", false);
  }

  assert.deepEqual(sent, ["new", "newer", "old"]);
});

const passWithClaims = (claims) => `h.${btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.s`;

test("a pass for somebody else, who signed in since, is not taken", async () => {
  const passOf = (sub, at) => passWithClaims({ sub, at });
  const fetch = async () => ok(answerOf(passOf("ann", ">>>???")));
  const request = passRequest({ url: "/token", csrfToken: "csrf", fetch, timeout: () => undefined, cookies: () => "" });

  const renewed = await request(passOf("ann", 1), false);

  assert.equal(renewed.token, passOf("ann", ">>>???"));
  await assert.rejects(request(passOf("bob", 1), false), { status: 401, code: "other_person" });
});

for (const stillValid of [true, false]) {
  test(`an organizer's page does not go on as a participant's, ${stillValid ? "by its pass" : "by its login"}`, async () => {
    const passOf = (role) => passWithClaims({ sub: "ann", role });
    const requestFor = (role) =>
      passRequest({ url: "/token", csrfToken: "csrf", fetch: async () => ok(answerOf(passOf(role))), timeout: () => undefined, cookies: () => "" });

    await assert.rejects(requestFor("attendee")(passOf("manager"), stillValid), { status: 403, code: "access_changed" });
    for (const [before, now] of [["manager", "manager"], ["attendee", "presenter"], ["attendee", "manager"]]) {
      assert.equal((await requestFor(now)(passOf(before), stillValid)).token, passOf(now));
    }
  });
}

test("an answer that is not the envelope, and no answer at all, are errors with a status", async () => {
  const pass = passWith(async () => answerOf("second"));
  const api = (fetch) => new ApiClient({ pass, fetch, timeout: () => undefined });

  await assert.rejects(api(async () => new Response("<html>", { status: 502 })).get("/a"), { status: 502, code: "unreadable" });
  await assert.rejects(api(async () => { throw new TypeError("failed"); }).get("/a"), { status: 0, code: "network" });
});

test("Retry-After is read as seconds and as a date", () => {
  const now = Date.parse("2026-03-02T10:00:00Z");

  assert.equal(retryAfterSeconds("7", now), 7);
  assert.equal(retryAfterSeconds("Mon, 02 Mar 2026 10:00:30 GMT", now), 30);
  assert.equal(retryAfterSeconds("soon", now), null);
  assert.equal(retryAfterSeconds(null, now), null);
});

test("how far this computer's clock is ahead is known from the last pass", async () => {
  const clock = new FakeClock();
  const serverTime = (milliseconds) => new Date(clock.now() - milliseconds).toISOString();
  const expiresAt = new Date(clock.now() + 600_000).toISOString();
  const requestPass = async () => ({ token: "b", expiresAt, serverTime: serverTime(7_000) });
  const pass = new LivePass({ token: "a", expiresAt, serverTime: serverTime(3_600_000), requestPass, clock });
  const before = pass.clockAhead;

  await pass.renew();

  assert.deepEqual([before, pass.clockAhead], [3_600_000, 7_000]);
});
