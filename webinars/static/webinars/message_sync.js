/** Catching up with the chat: asks for what comes after the unbroken run until nothing is left. */

const PAGE = 200;
const LOOK_BACK = 50;

export class MessageSync {
  #running = null;
  #again = false;

  constructor({ api, url, store }) {
    Object.assign(this, { api, url, store });
  }

  /**
   * One catching-up at a time; a call while it runs makes it look once more at its end.
   * `lookBack` asks for the last messages again, so that deletions that were missed show.
   */
  catchUp({ lookBack = false } = {}) {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#catchUp(lookBack).finally(() => (this.#running = null));
    return this.#running;
  }

  async #catchUp(lookBack) {
    let after = Math.max(0, this.store.lastSeq - (lookBack ? LOOK_BACK : 0));
    do {
      this.#again = false;
      for (;;) {
        const { messages } = await this.api.get(`${this.url}?after=${after}&limit=${PAGE}`);
        this.store.add(messages, { afterBreak: lookBack });
        if (messages.length < PAGE) break;
        after = messages.at(-1).seq;
      }
      after = this.store.lastSeq;
    } while (this.#again);
  }
}
