/**
 * The live pass of this page: handed out with the page, renewed a minute before it ends and when a
 * call meets a 401. One renewal is under way at most; everybody who needs it waits for the same one.
 */
import { fetchAnswer, readAnswer } from "./api_client.js";
import { between, browserClock } from "./clock.js";

const RENEW_BEFORE_MS = 60_000;
const RETRY_FROM_MS = 2_000;
const RETRY_TO_MS = 30_000;
const REFUSALS = new Set([400, 401, 403, 404, 410]);

export class LivePass {
  #renewing = null;
  #timer = null;
  #failures = 0;
  #listeners = new Set();

  /**
   * `requestPass(token, stillValid)` answers {token, expiresAt, serverTime}; `onLost(error)` is told once when
   * the server will not renew any more (signed out, banned, over).
   */
  constructor({ token, expiresAt, serverTime, requestPass, onLost = () => {}, clock = browserClock }) {
    this.requestPass = requestPass;
    this.onLost = onLost;
    this.clock = clock;
    this.lost = false;
    this.#accept({ token, expiresAt, serverTime });
  }

  /** Calls `listener` after each renewal. */
  onRenewed(listener) {
    this.#listeners.add(listener);
  }

  start() {
    this.#schedule();
  }

  stop() {
    this.clock.clearTimeout(this.#timer);
    this.#timer = null;
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
      this.#failures += 1;
      if (REFUSALS.has(error.status) && !this.lost) {
        this.lost = true;
        this.stop();
        this.onLost(error);
      }
      throw error;
    }
    this.#failures = 0;
    this.lost = false;
    if (this.#timer !== null) this.#schedule();
    for (const listener of this.#listeners) listener();
    return this.token;
  }

  #accept({ token, expiresAt, serverTime }) {
    this.token = token;
    this.serverTime = Date.parse(serverTime);
    this.endsAt = this.clock.now() + Date.parse(expiresAt) - this.serverTime;
  }

  #schedule() {
    this.clock.clearTimeout(this.#timer);
    const early = RENEW_BEFORE_MS + between(this.clock, 0, RENEW_BEFORE_MS / 6);
    this.#timer = this.clock.setTimeout(() => this.#renewOnTime(), Math.max(1_000, this.endsAt - early - this.clock.now()));
  }

  #renewOnTime() {
    this.renew().catch(() => {
      if (this.lost || this.#timer === null) return;
      const longest = Math.min(RETRY_TO_MS, RETRY_FROM_MS * 2 ** this.#failures);
      this.#timer = this.clock.setTimeout(() => this.#renewOnTime(), between(this.clock, RETRY_FROM_MS, longest));
    });
  }
}

/**
 * Asks the server for a pass: with the one so far while it is valid, else (a laptop that slept) with
 * the login's cookie and the page's CSRF token.
 */
export const passRequest = ({
  url,
  csrfToken,
  fetch = globalThis.fetch.bind(globalThis),
  timeout = () => AbortSignal.timeout(10_000),
}) => {
  const ask = (credential) => {
    const headers = { Accept: "application/json", ...credential };
    return fetchAnswer(fetch, url, { method: "POST", headers, signal: timeout() });
  };
  return async (token, stillValid) => {
    const byPass = stillValid ? await ask({ Authorization: `Bearer ${token}` }) : null;
    if (byPass && byPass.status !== 401) return readAnswer(byPass);
    return readAnswer(await ask({ "X-CSRFToken": csrfToken }));
  };
};
