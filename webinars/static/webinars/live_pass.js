/**
 * The live pass of this page: handed out with the page, renewed well before it ends (each page at its own moment)
 * and when a call meets a 401. One renewal is under way at most; everybody who needs it waits for the same one.
 *
 * Listeners hear "valid" after each renewal, "late" when one failed and the pass so far has ended, and "lost" (with
 * the error) once when the server will not renew any more: signed out, banned, over.
 */
import { ApiError, fetchAnswer, readAnswer } from "./api_client.js";
import { between, browserClock } from "./clock.js";
import { gettext } from "./i18n.js";

const RENEW_AT_SHARE = { from: 0.7, to: 0.9 };
const SOONEST_MS = 1_000;
const RETRY_FROM_MS = 2_000;
const RETRY_TO_MS = 30_000;
const REFUSALS = new Set([400, 401, 403, 404, 410]);
const CSRF_COOKIE = /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/;

export class LivePass {
  #renewing = null;
  #timer = null;
  #failures = 0;
  #listeners = new Set();

  /** `requestPass(token, stillValid)` answers {token, expiresAt, serverTime}. */
  constructor({ token, expiresAt, serverTime, requestPass, clock = browserClock }) {
    this.requestPass = requestPass;
    this.clock = clock;
    this.lost = false;
    this.#accept({ token, expiresAt, serverTime });
  }

  /** Calls `listener(state, error)`. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start() {
    this.#schedule(this.renewAt - this.clock.now());
  }

  stop() {
    this.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The page woke up: timers stood still while it slept, so the renewal may be overdue. */
  wake() {
    if (this.#timer !== null && this.clock.now() >= this.renewAt) this.#renewOnTime();
  }

  /** The token to use after `used` was refused; joins a renewal that is already running. */
  renew(used = this.token) {
    if (used !== this.token) return Promise.resolve(this.token);
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew() {
    try {
      this.#accept(await this.requestPass(this.token, this.endsAt > this.clock.now()));
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#failures = 0;
    this.lost = false;
    if (this.#timer !== null) this.start();
    this.#tell("valid");
    return this.token;
  }

  #failed(error) {
    this.#failures += 1;
    if (!REFUSALS.has(error.status)) {
      if (this.clock.now() >= this.endsAt) this.#tell("late");
    } else if (!this.lost) {
      this.lost = true;
      this.stop();
      this.#tell("lost", error);
    }
  }

  #tell(state, error) {
    for (const listener of this.#listeners) listener(state, error);
  }

  #accept({ token, expiresAt, serverTime }) {
    this.token = token;
    this.serverTime = Date.parse(serverTime);
    this.clockAhead = this.clock.now() - this.serverTime;
    const life = Date.parse(expiresAt) - this.serverTime;
    this.endsAt = this.clock.now() + life;
    this.renewAt = this.clock.now() + life * between(this.clock, RENEW_AT_SHARE.from, RENEW_AT_SHARE.to);
  }

  #schedule(milliseconds) {
    this.clock.clearTimeout(this.#timer);
    this.#timer = this.clock.setTimeout(() => this.#renewOnTime(), Math.max(SOONEST_MS, milliseconds));
  }

  #renewOnTime() {
    this.renew().catch((error) => {
      if (this.lost || this.#timer === null) return;
      const longest = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** this.#failures);
      const askedFor = (error.retryAfterSeconds ?? 0) * 1000 * between(this.clock, 1, 1.2);
      this.#schedule(Math.max(askedFor, between(this.clock, RETRY_FROM_MS, longest)));
    });
  }
}

/**
 * Asks the server for a pass: with the one so far while it is valid, else (a laptop that slept) with the login's cookie.
 * Signing in anew, in another tab, has changed the CSRF token that the page came with: the cookie has the one that counts.
 */
export const passRequest = ({
  url,
  csrfToken,
  fetch = globalThis.fetch.bind(globalThis),
  timeout = () => AbortSignal.timeout(10_000),
  cookies = () => document.cookie,
}) => {
  const ask = (credential) => {
    const headers = { Accept: "application/json", ...credential };
    return fetchAnswer(fetch, url, { method: "POST", headers, signal: timeout() });
  };
  return async (token, stillValid) => {
    const byPass = stillValid ? await ask({ Authorization: `Bearer ${token}` }) : null;
    const byLogin = byPass === null || byPass.status === 401;
    const answer = byLogin ? await ask({ "X-CSRFToken": CSRF_COOKIE.exec(cookies())?.[1] ?? csrfToken }) : byPass;
    const renewed = await readAnswer(answer);
    refuseAnotherPart(claimsOf(token), claimsOf(renewed.token));
    return renewed;
  };
};

/**
 * Somebody else may have signed in since, and the page must not speak for them. Nor does the page of an organizer, who
 * is not counted, go on as a participant's, who is.
 */
function refuseAnotherPart(before, now) {
  if (now.sub !== before.sub) {
    throw new ApiError({ status: 401, code: "other_person", message: gettext("Your sign-in has ended. Reload the page to continue.") });
  }
  if (before.role === "manager" && now.role !== "manager") {
    throw new ApiError({ status: 403, code: "access_changed", message: gettext("What you may do here has changed. Reload the page to continue.") });
  }
}

function claimsOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return {};
  }
}
