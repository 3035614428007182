/**
 * Keeps the chat as the server has it: takes in the room's events, and asks for what comes after the unbroken run and
 * for changes after the last known one until nothing is left.
 */
const PAGE = 200;

export class MessageSync {
  #running = null;
  #again = false;
  #heard = [];

  /** `everyMs` is the rhythm of asking while there is no socket. */
  constructor({ api, url, store, everyMs = 2_000 }) {
    Object.assign(this, { name: "chat", api, url, store, everyMs });
  }

  /** Registers with the room (room.js) and hears its events. */
  join(room) {
    room.add(this);
    room.on("message.created", ({ message }) => this.#take(message, room));
    room.on("message.deleted", (deleted) => {
      this.store.delete(deleted);
      this.#fillHoles(room);
    });
  }

  /** Whether the server, by its numbers, has messages or changes that are not here. */
  expect = (numbers) => this.store.isBehind(numbers);

  /**
   * One catching-up at a time; a call while it runs makes it look once more at its end.
   * `lookBack` says that the page was away, so that what comes was missed and not just said.
   */
  catchUp = ({ lookBack = false } = {}) => {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#catchUp(lookBack).finally(() => (this.#running = null));
    return this.#running;
  };

  /** The messages of one frame are put on the page at once. */
  #take(message, room) {
    if (this.#heard.push(message) > 1) return;
    queueMicrotask(() => {
      this.store.add(this.#heard.splice(0));
      this.#fillHoles(room);
    });
  }

  #fillHoles(room) {
    if (this.store.hasHole || this.store.missesChanges) room.fill(this.name);
  }

  async #catchUp(afterBreak) {
    do {
      this.#again = false;
      while (await this.#ask(afterBreak));
    } while (this.#again);
  }

  /** Answers whether there is more to ask for. */
  async #ask(afterBreak) {
    const { lastSeq: after, lastChangedSeq: changedAfter } = this.store;
    const answer = await this.api.get(`${this.url}?after=${after}&limit=${PAGE}&changed_after=${changedAfter}`);
    const { messages, changed = [], lastChangedSeq } = answer;
    const whole = changed.length < PAGE;
    this.store.addAnswer({ after, messages, changedAfter, changed, lastChangedSeq, whole }, { afterBreak });
    return messages.length === PAGE || !whole;
  }
}
