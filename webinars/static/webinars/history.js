/**
 * What was said before the window of the chat, page by page upwards. `onState` hears "idle" (there is more), "loading",
 * "failed" and "beginning" (there is nothing before it).
 */
const PAGE = 100;

export class History {
  #running = null;

  constructor({ api, url, store, onState = () => {} }) {
    Object.assign(this, { api, url, store, onState, state: null });
    this.#enter(this.#rest);
  }

  /** The next page, or the one that is on its way; nothing at the beginning of the chat. */
  load() {
    if (!this.store.hasEarlier) return this.#enter("beginning");
    this.#running ??= this.#load().finally(() => (this.#running = null));
    return this.#running;
  }

  /** The window may have moved: a long chat forgets its oldest messages. */
  look() {
    if (!this.#running && this.state !== "failed") this.#enter(this.#rest);
  }

  get #rest() {
    return this.store.hasEarlier ? "idle" : "beginning";
  }

  async #load() {
    const before = this.store.firstSeq;
    this.#enter("loading");
    try {
      const { messages } = await this.api.get(`${this.url}?before=${before}&limit=${PAGE}`);
      this.store.prepend(messages, { before });
    } catch {
      return this.#enter("failed");
    }
    this.#enter(this.#rest);
  }

  #enter(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}
