import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiClient } from "../api_client.js";
import { LivePass, passRequest } from "../live_pass.js";
import { Room } from "../room.js";
import { FakeClock } from "./fake_clock.js";

const MINUTE = 60_000;
const LIFE = 10 * MINUTE;

/** A page with its real pass, API and room, against a server that admits by pass and renews a dead one by the login. */
function page(t) {
  const clock = new FakeClock();
  t.mock.method(Date, "now", () => clock.now());
  const server = { renewals: [], sockets: [], closed: [], caughtUp: 0, signedIn: true };
  const issue = () => ({
    token: String(clock.now()),
    expiresAt: new Date(clock.now() + LIFE).toISOString(),
    serverTime: new Date(clock.now()).toISOString(),
  });
  const valid = (token) => clock.now() < Number(token) + LIFE;
  const answer = (status, body) => new Response(JSON.stringify(body), { status });
  const refusal = answer.bind(null, 401, { success: false, error: "No.", code: "bad_pass" });
  const fetch = async (url, { headers }) => {
    const token = headers.Authorization?.replace("Bearer ", "");
    if (url === "/token") {
      server.renewals.push(token ? "pass" : "login");
      return (token ? valid(token) : server.signedIn) ? answer(200, { success: true, data: issue() }) : refusal();
    }
    if (!valid(token)) return refusal();
    if (url === "/messages") server.caughtUp += 1;
    return answer(200, { success: true, data: {} });
  };
  class Socket {
    constructor(_url, [, bearer]) {
      server.sockets.push(this);
      const admitted = valid(bearer.replace("bearer.", ""));
      clock.setTimeout(() => (admitted ? this.#greet() : this.#refuse()), 20);
    }

    #greet() {
      this.onmessage?.({ data: JSON.stringify({ type: "hello", epoch: "e", seq: server.sockets.length, heartbeatSeconds: 20 }) });
      this.#beat();
    }

    #refuse() {
      server.closed.push(4401);
      this.onclose?.({ code: 4401 });
    }

    #beat() {
      this.beating = clock.setTimeout(() => {
        this.onmessage?.({ data: JSON.stringify({ type: "heartbeat", epoch: "e", seq: 0 }) });
        this.#beat();
      }, 20_000);
    }

    send() {}

    close() {
      clock.clearTimeout(this.beating);
    }
  }
  const request = { timeout: () => undefined, fetch };
  const pass = new LivePass({ ...issue(), clock, requestPass: passRequest({ url: "/token", csrfToken: "c", cookies: () => "", ...request }) });
  const api = new ApiClient({ pass, ...request });
  const room = new Room({ socketUrl: "ws://x/", stateUrl: "/state", api, pass, clock, WebSocket: Socket });
  room.add({ name: "chat", everyMs: 2_000, catchUp: () => api.get("/messages"), expect: () => false });
  const shown = {};
  room.on("connection", (view) => Object.assign(shown, view));
  pass.start();
  room.enter();
  /** The lid closes: nothing runs, the server's side of the socket is gone, and the browser has not noticed. */
  const sleep = (milliseconds) => {
    clock.clearTimeout(server.sockets.at(-1).beating);
    clock.sleep(milliseconds);
  };
  return { clock, server, room, shown, sleep };
}

test("over an hour awake the pass is renewed by itself again and again, and the socket never notices", async (t) => {
  const { clock, server, shown } = page(t);

  await clock.pass(60 * MINUTE);

  assert.deepEqual(server.renewals, Array(7).fill("pass"));
  assert.deepEqual([server.sockets.length, server.closed, shown.name], [1, [], "live"]);
});

test("a laptop that slept beyond its pass is back within seconds of being looked at, with one renewal", async (t) => {
  const { clock, server, room, shown, sleep } = page(t);
  await clock.pass(MINUTE);
  const before = server.caughtUp;

  sleep(3 * 60 * MINUTE);
  room.wake();
  await clock.pass(3_000);

  assert.deepEqual(server.renewals, ["login"]);
  assert.deepEqual([server.sockets.length, server.closed, shown.name], [2, [], "live"]);
  assert.equal(server.caughtUp, before + 1);
});

test("a laptop that slept and wakes unseen is back within a minute", async (t) => {
  const { clock, server, shown, sleep } = page(t);
  await clock.pass(MINUTE);

  sleep(3 * 60 * MINUTE);
  await clock.pass(MINUTE);

  assert.deepEqual(server.renewals, ["login"]);
  assert.deepEqual([server.closed, shown.name], [[4401], "live"]);
});

test("who was signed out while the laptop slept is told what to do, and the page is quiet", async (t) => {
  const { clock, server, room, shown, sleep } = page(t);
  await clock.pass(MINUTE);
  server.signedIn = false;

  sleep(3 * 60 * MINUTE);
  room.wake();
  await clock.pass(10 * MINUTE);

  assert.deepEqual(shown, { name: "paused", sentence: "Your sign-in has ended. Reload the page to continue." });
  assert.deepEqual(server.renewals, ["login"]);
  assert.deepEqual(clock.waits, []);
});
