/** Keeps the questions as the server has them: hears the room's events, and asks for what comes after the known run. */

/** The most questions of one answer. */
export const PAGE = 200;

/** What the room (room.js) takes as one of its parts. */
export class QuestionSync {
  #running = null;
  #again = false;
  name = "questions";

  /**
   * `onBehind` hears that a change is known of which this page has not: for hosts every question that waits, since the
   * room is not told what it says. `everyMs` is the rhythm of asking while there is no socket.
   */
  constructor({ api, url, store, onBehind, everyMs = 5_000 }) {
    Object.assign(this, { api, url, store, onBehind, everyMs });
  }

  /** The data of any event about questions. */
  hear = ({ question, changedSeq, votes }) => {
    if (votes) this.store.tally(votes);
    if (changedSeq === undefined) return;
    this.store.change({ question, changedSeq });
    if (this.store.isBehind) this.onBehind();
  };

  expect = ({ lastQuestionChange }) => lastQuestionChange > this.store.lastChange;

  /**
   * Changes are numbered, so what was missed in a break is what comes after the known run, too. One catching-up at a time;
   * a call while it runs makes it look once more at its end.
   */
  catchUp = () => {
    if (this.#running) this.#again = true;
    this.#running ??= this.#catchUp().finally(() => (this.#running = null));
    return this.#running;
  };

  async #catchUp() {
    do {
      this.#again = false;
      while (await this.#ask());
    } while (this.#again);
  }

  /** Answers whether there is more to ask for. */
  async #ask() {
    this.store.beginAsking();
    const answer = await this.api.get(`${this.url}?after=${this.store.lastChange}&limit=${PAGE}`);
    this.store.caughtUp(answer);
    return answer.questions.length >= PAGE;
  }
}
