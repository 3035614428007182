/**
 * Sends messages for a store: they show at once, go one after the other in the order of writing, and are tried again with
 * the same client id, so that a retry cannot double them. After a while without success, or a refusal, a message stays with
 * what was the matter and can be sent again or discarded.
 */
import { browserClock, jittered, waitFor } from "./clock.js";
import { gettext } from "./i18n.js";

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/** Worth trying again: no answer, a server in trouble, or too fast for a moment. */
export const mayPass = ({ status }) => status === 0 || status === 408 || status === 429 || status >= 500;

/** Why a message was not stored, in the person's words. */
export function failureSentence(error) {
  if (error.status === 429) return gettext("You are writing faster than this chat allows.");
  if (error.status === 0 || error.status >= 500) return gettext("Not sent. The connection is weak.");
  return error.message;
}

export class MessageSender {
  #queue = Promise.resolve();
  #wakes = new Map();

  /** `onRefused` hears each refusal that is final, and `onHold` how many milliseconds the server asks to wait. */
  constructor({ api, url, store, author, newClientId = clientId, onRefused = () => {}, onHold = () => {}, clock = browserClock }) {
    Object.assign(this, { api, url, store, author, newClientId, onRefused, onHold, clock });
  }

  send(body) {
    const clientId = this.newClientId();
    const createdAt = new Date(this.clock.now()).toISOString();
    this.store.addPending({ clientId, body, ...this.author, createdAt });
    return this.#enqueue(clientId);
  }

  /** Tries at once, and again from the beginning when it was given up. */
  resend(clientId) {
    const entry = this.store.pending(clientId);
    this.#wakes.get(clientId)?.();
    if (entry?.state !== "failed") return null;
    this.store.setPending(clientId, "sending");
    return this.#enqueue(clientId);
  }

  /** The network is back: what waits goes now. */
  hurry() {
    for (const wake of this.#wakes.values()) wake();
  }

  #enqueue(clientId) {
    this.#queue = this.#queue.then(() => this.#deliver(clientId));
    return this.#queue;
  }

  async #deliver(clientId) {
    for (let attempt = 1; this.store.pending(clientId); attempt += 1) {
      const error = await this.#post(clientId);
      if (!error) return;
      const wait = this.#waitAfter(error, attempt);
      if (error.status === 429 && error.retryAfterSeconds) this.onHold(error.retryAfterSeconds * 1000);
      if (wait === null) return this.#giveUp(clientId, error);
      this.store.setPending(clientId, "retrying", gettext("Not sent yet. We keep trying."));
      await this.#rest(clientId, wait);
      this.store.setPending(clientId, "sending");
    }
  }

  async #post(clientId) {
    const { body } = this.store.pending(clientId);
    try {
      const { message } = await this.api.post(this.url, { body, client_id: clientId });
      this.store.add([message]);
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Milliseconds to the next attempt; null when there should be none. */
  #waitAfter(error, attempt) {
    if (!mayPass(error) || attempt >= ATTEMPTS) return null;
    const asked = (error.retryAfterSeconds ?? 0) * 1000;
    if (asked > LONGEST_WAIT_MS) return null;
    return Math.max(asked, jittered(this.clock, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)), 0.2));
  }

  #rest(clientId, milliseconds) {
    const woken = new Promise((resolve) => this.#wakes.set(clientId, resolve));
    return Promise.race([waitFor(this.clock, milliseconds), woken]).finally(() => this.#wakes.delete(clientId));
  }

  #giveUp(clientId, error) {
    this.store.setPending(clientId, "failed", failureSentence(error));
    this.onRefused(error);
  }
}

/** 8 to 64 characters of [A-Za-z0-9_-], different for every message. */
const clientId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
