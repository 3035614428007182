/**
 * Tells the server that this page is open and whether it is in front (spec 5 and 15).
 *
 * `track` on entry and every five minutes (a hidden tab, whose timers browsers slow down, a minute sooner; after a
 * failure again and again, later each time, but never later than a ping's turn), `ping` every 120 s ± 10 s while the tab is visible, one
 * last ping when it is hidden (or was opened hidden), one at once when it comes back, and `exit` once on leaving. The
 * server's clock decides everything that is counted; this client only has to speak in time. A change that it could not
 * tell is told as soon as it can be, with how long ago that was.
 */
const RETRIES = 3;
const RETRY_FROM_MS = 2_000;
const TRACK_JITTER_MS = 20_000;
const HIDDEN_AHEAD_MS = 60_000;
const RESTARTS_AT_ONCE = 3;
const TOLD_LATE_SECONDS = 0.5;
const FINAL = new Set([401, 403, 404, 410]);

export class PresenceClient {
  #sessionId = null;
  #left = true;
  #run = 0;
  #timers = { ping: null, track: null };
  #pinging = false;
  #pingAgain = false;
  #wake = () => {};
  #lastPingAt = -Infinity;
  #restarts = 0;
  #trackedAt = null;
  #trackFailures = 0;
  #changes = 0;
  #untoldSince = null;
  #known = false;

  /**
   * `api.post(url, body)` sends with the live pass; `beacon(url, text)` outlives the page;
   * `isVisible()` reads the tab; `onStopped(error)` is told when the server wants no more.
   */
  constructor({ api, urls, intervals, token, beacon, isVisible, clock, newSessionId, referrer = "", onStopped = () => {} }) {
    Object.assign(this, { api, urls, intervals, token, beacon, isVisible, clock, newSessionId, referrer, onStopped });
  }

  get sessionId() {
    return this.#sessionId;
  }

  /** A new session: at the start, after the browser's cache gave the page back, after a takeover. */
  start() {
    this.#halt();
    this.#sessionId = this.newSessionId();
    this.#left = false;
    this.#lastPingAt = -Infinity;
    this.#known = false;
    this.#untoldSince = this.isVisible() ? null : this.clock.now();
    return this.#track();
  }

  /** The person leaves: says so once per session and falls silent. */
  leave() {
    if (this.#left) return;
    this.#left = true;
    this.#halt();
    this.beacon(this.urls.exit, JSON.stringify({ session_id: this.#sessionId, token: this.token(), ...this.#untold() }));
  }

  visibilityChanged() {
    if (this.#left) return;
    this.#changes += 1;
    this.#untoldSince ??= this.clock.now();
    if (!this.#known) return; // of a session that the server does not know, nothing can be told yet
    this.#clear("ping");
    this.#ping();
    if (this.#trackedAt !== null) this.#planTrack();
  }

  /** The network is back: an entry that failed is not kept waiting. */
  online() {
    if (!this.#left && this.#trackFailures > 0 && this.#timers.track !== null) this.#track();
  }

  #halt() {
    this.#run += 1;
    this.#clear("ping");
    this.#clear("track");
    this.#trackedAt = null;
    this.#trackFailures = 0;
    this.#pinging = false;
    this.#pingAgain = false;
  }

  #clear(name) {
    this.clock.clearTimeout(this.#timers[name]);
    this.#timers[name] = null;
  }

  #later(name, milliseconds, act) {
    this.#clear(name);
    this.#timers[name] = this.clock.setTimeout(act, milliseconds);
  }

  async #track() {
    const run = this.#run;
    this.#clear("track");
    this.#trackedAt = null;
    const body = { session_id: this.#sessionId, referrer: this.referrer };
    let answer;
    try {
      answer = await this.api.post(this.urls.track, body);
    } catch (error) {
      if (run === this.#run) this.#trackFailed(error);
      return;
    }
    if (run !== this.#run) return;
    if (answer?.session === "closed") return this.#restart();
    this.#restarts = 0;
    this.#trackFailures = 0;
    this.#trackedAt = this.clock.now();
    this.#known = true;
    Object.assign(this.intervals, answer?.intervals);
    this.#planTrack();
    if (this.#pinging) return;
    if (this.#untoldSince !== null) {
      this.#clear("ping");
      this.#ping();
    } else if (this.isVisible() && this.#timers.ping === null) this.#planPing();
  }

  /** A hidden tab's timers may be a minute late; the session must not go stale for that, nor for a track that comes so
   * soon after the ping that hid it that the server drops it. */
  #planTrack() {
    const { trackSeconds, throttleSeconds } = this.intervals;
    const ahead = this.isVisible() ? 0 : Math.min(HIDDEN_AHEAD_MS, trackSeconds * 500);
    const early = ahead + this.clock.random() * Math.min(TRACK_JITTER_MS, trackSeconds * 100);
    const wait = this.#trackedAt + trackSeconds * 1000 - early - this.clock.now();
    const counts = this.isVisible() ? 0 : this.#lastPingAt + (throttleSeconds + 1) * 1000 - this.clock.now();
    this.#later("track", Math.max(0, wait, counts), () => this.#track());
  }

  #trackFailed(error) {
    if (FINAL.has(error.status)) return this.#stop(error);
    const longest = Math.min(this.intervals.pingSeconds * 1000, 2 * RETRY_FROM_MS * 2 ** this.#trackFailures);
    this.#trackFailures += 1;
    const wait = (longest * (1 + this.clock.random())) / 2;
    this.#later("track", this.#notSooner(wait, error), () => this.#track());
  }

  /** `wait`, or what the server asked for (Retry-After), which not every page sits out to the same moment. */
  #notSooner(wait, { retryAfterSeconds }) {
    return Math.max(wait, (retryAfterSeconds ?? 0) * 1000 * (1 + this.clock.random() / 5));
  }

  /** The server closed this session: the page goes on in a new one. */
  #restart() {
    this.#restarts += 1;
    if (this.#restarts <= RESTARTS_AT_ONCE) return this.start();
    this.#halt();
    this.#restarts = 0;
    this.#later("track", this.intervals.trackSeconds * 1000, () => this.start());
  }

  #planPing() {
    const { pingSeconds, pingJitterSeconds, throttleSeconds } = this.intervals;
    const wait = (pingSeconds + (this.clock.random() * 2 - 1) * pingJitterSeconds) * 1000;
    const notBefore = this.#lastPingAt + throttleSeconds * 1000 - this.clock.now();
    this.#later("ping", Math.max(wait, notBefore), () => this.#ping());
  }

  /** One at a time: a change of visibility during a ping (or its retries) is told right after it. */
  async #ping() {
    if (this.#pinging) {
      this.#pingAgain = true;
      this.#wake();
      return;
    }
    const run = this.#run;
    const changes = this.#changes;
    this.#pinging = true;
    let told = false;
    const send = async () => {
      const answer = await this.#sendPing();
      told = true;
      return answer;
    };
    const answer = await this.#persist(run, send, { outdated: () => this.#pingAgain, pause: (wait) => this.#nap(wait) });
    if (run !== this.#run) return;
    if (told && changes === this.#changes) this.#untoldSince = null;
    this.#pinging = false;
    if (answer?.session === "closed") return this.#restart();
    if (this.#pingAgain) {
      this.#pingAgain = false;
      return this.#ping();
    }
    if (this.isVisible() || this.#untoldSince !== null) this.#planPing();
  }

  /** A change that could not be told when it happened: the server marks the time since as not sure. */
  #untold() {
    const seconds = this.#untoldSince === null ? 0 : (this.clock.now() - this.#untoldSince) / 1000;
    return seconds < TOLD_LATE_SECONDS ? {} : { changed_seconds_ago: Math.round(seconds * 10) / 10 };
  }

  #sendPing() {
    this.#lastPingAt = this.clock.now();
    return this.api.post(this.urls.ping, {
      session_id: this.#sessionId,
      view_state: { is_visible: this.isVisible(), ...this.#untold() },
    });
  }

  /** Sends, and again at most three times with growing waits; a refusal that is final stops the client. */
  async #persist(run, send, { outdated, pause }) {
    for (let attempt = 0; ; attempt += 1) {
      let wait = RETRY_FROM_MS * 2 ** attempt * (1 + this.clock.random());
      try {
        return await send();
      } catch (error) {
        if (run !== this.#run) return null;
        if (FINAL.has(error.status)) return this.#stop(error);
        if (attempt === RETRIES || outdated()) return null;
        wait = this.#notSooner(wait, error);
      }
      await pause(wait);
      if (run !== this.#run || outdated()) return null;
    }
  }

  #pause(milliseconds) {
    return new Promise((resolve) => this.clock.setTimeout(resolve, milliseconds));
  }

  /** A pause that a change of visibility ends. */
  #nap(milliseconds) {
    return Promise.race([this.#pause(milliseconds), new Promise((resolve) => (this.#wake = resolve))]);
  }

  #stop(error) {
    this.#halt();
    this.#left = true;
    this.onStopped(error);
    return null;
  }
}
