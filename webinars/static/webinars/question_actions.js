/** What people do with questions: asks the server, and gives its answer to the store. */
import { gettext } from "./i18n.js";

/** Why the server refused, in the person's words. */
export function refusalSentence(error) {
  if (error.status === 0 || error.status >= 500) return gettext("That did not work. The connection is weak.");
  return error.fields?.body?.[0] ?? error.fields?.text?.[0] ?? error.message;
}

export class QuestionActions {
  #voting = new Set();

  /** `say(sentence, { undo, bad })` shows what was done or refused; `undo()` takes it back, where that is possible. */
  constructor({ api, url, store, authorName = "", say = () => {}, now = () => new Date() }) {
    Object.assign(this, { api, url, store, authorName, say, now });
  }

  /** Shows the question at once; it stays with its reason when it could not be stored. */
  ask({ clientId, body, isAnonymous }) {
    const createdAt = this.now().toISOString();
    this.store.addOwn({ clientId, body, isAnonymous, authorName: this.authorName, createdAt });
    return this.#post(clientId);
  }

  /** The same question again: the server knows it by its client id. */
  resend(clientId) {
    if (this.store.own(clientId)?.state !== "failed") return null;
    this.store.setOwn(clientId, "sending");
    return this.#post(clientId);
  }

  /** Gives or takes back a vote. Whoever presses fast ends with what they pressed last, one call at a time. */
  async vote(id) {
    this.store.wish(id, !(this.store.wished(id) ?? this.store.get(id).voted));
    if (this.#voting.has(id)) return;
    this.#voting.add(id);
    try {
      for (;;) {
        const wanted = this.store.wished(id);
        const url = `${this.url}/${id}/upvote`;
        const answer = await (wanted ? this.api.post(url) : this.api.delete(url));
        if (this.store.wished(id) === wanted) return this.store.settle(id, answer);
      }
    } catch (error) {
      this.store.settle(id, null);
      this.say(refusalSentence(error), { bad: true });
    } finally {
      this.#voting.delete(id);
    }
  }

  withdraw(id) {
    return this.#tried(() => this.#patch(id, { status: "archived" }), gettext("Withdrawn."));
  }

  /** What was read cannot wait again: taking it back puts it away. */
  publish(id) {
    return this.#tried(() => this.#patch(id, { status: "published" }), gettext("Published."), () => this.archive(id));
  }

  archive(id) {
    return this.#tried(() => this.#patch(id, { status: "archived" }), gettext("Archived."), () => this.restore(id));
  }

  /** Back to where it was. */
  restore(id) {
    const status = this.store.get(id).publishedAt ? "published" : "pending";
    return this.#tried(() => this.#patch(id, { status }), gettext("Restored."));
  }

  pin(id, pinned) {
    return this.#tried(() => this.#patch(id, { is_pinned: pinned }));
  }

  answerLive(id) {
    return this.#tried(() => this.#answer(id, { live: true }), gettext("Marked as answered live."), () => this.#unanswer(id));
  }

  /** Throws what the server refused: the text must not be lost. */
  async answer(id, text) {
    const isNew = !this.store.get(id).answeredAt;
    await this.#answer(id, { text });
    this.say(gettext("Answered."), { undo: isNew ? () => this.#unanswer(id) : null });
  }

  #unanswer(id) {
    return this.#tried(async () => this.store.accept((await this.api.delete(`${this.url}/${id}/answer`)).question));
  }

  async #answer(id, answer) {
    this.store.accept((await this.api.post(`${this.url}/${id}/answer`, answer)).question);
  }

  async #patch(id, facts) {
    this.store.accept((await this.api.patch(`${this.url}/${id}`, facts)).question);
  }

  async #tried(act, done, undo = null) {
    try {
      await act();
    } catch (error) {
      return this.say(refusalSentence(error), { bad: true });
    }
    if (done) this.say(done, { undo });
  }

  async #post(clientId) {
    const { body, isAnonymous } = this.store.own(clientId);
    try {
      const asked = { body, client_id: clientId, is_anonymous: isAnonymous };
      const { question } = await this.api.post(this.url, asked);
      this.store.confirm(clientId, question);
    } catch (error) {
      this.store.setOwn(clientId, "failed", refusalSentence(error));
    }
  }
}
