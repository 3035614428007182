/**
 * The Q&A of a page, put together from its parts: on the live page and in the console, for attendees and for hosts, who
 * differ by what `may` says.
 */
import { browserClock } from "./clock.js";
import { gettext, interpolate, timeOrDay } from "./i18n.js";
import { QuestionActions } from "./question_actions.js";
import { AskForm, openAnswer } from "./question_form.js";
import { QuestionList } from "./question_list.js";
import { QuestionNews } from "./question_news.js";
import { QuestionStore } from "./question_store.js";
import { PAGE, QuestionSync } from "./question_sync.js";
import { Toasts } from "./toast.js";

const newId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
const FACTS = ["webinar.state", "state"];
const EVENTS = ["question.created", "question.updated", "question.answered"];

export class QuestionPanel {
  #drafts = new Map();
  #muteEnd = null;

  /**
   * - `root`: the element of questions_panel.html; `first`: the answer of GET questions that the page came with
   * - `everyMs`: how often the questions at `url` are asked for while there is no socket
   * - `me`: {id, name}; `may`: {ask, vote, answer}; `facts`: {questionsEnabled, questionsModerated}; `mutedUntil`
   * - `onNews(count)` hears how many things are new since `look()`; `onOffered(offered)` hears whether there is a Q&A
   */
  constructor({ root, api, url, everyMs, room, first, me, may, facts, mutedUntil = null, newClientId = newId, onNews = () => {}, onOffered = () => {} }) {
    Object.assign(this, { root, api, may, newClientId, onOffered });
    const toasts = new Toasts({ region: root.querySelector("[data-questions-toasts]") });
    const say = (...what) => toasts.show(...what);
    this.store = new QuestionStore({ me: me?.id ?? null, leads: may.answer });
    this.actions = new QuestionActions({ api, url, store: this.store, authorName: me?.name ?? "", say });
    this.sync = new QuestionSync({ api, url, everyMs, store: this.store, onBehind: () => room.fill("questions") });
    this.list = new QuestionList({ root, store: this.store, may, onAct: (...what) => this.#act(...what) });
    // A full answer is the newest part of more: then catching up begins at the beginning.
    this.store.caughtUp(first.questions.length < PAGE ? first : { ...first, lastChange: 0 });
    this.list.adopt(this.#firstFilter(facts));
    this.news = new QuestionNews({ store: this.store, leads: may.answer, onNews });
    const form = root.querySelector("[data-ask]");
    if (form) new AskForm({ form, ask: (body, isAnonymous) => this.#ask(body, isAnonymous) });
    this.setFacts(facts);
    this.setMuted(mutedUntil);
    room.add(this.sync);
    for (const type of EVENTS) room.on(type, this.sync.hear);
    for (const type of FACTS) room.on(type, (heard) => this.setFacts(heard));
    room.on("member.muted", ({ until }) => this.setMuted(until));
    this.store.subscribe(() => this.#offer());
  }

  /** The reader looks at the questions, or looks away. */
  look(looking) {
    this.news.look(looking);
  }

  /** The webinar's facts as announced: the Q&A may be switched off and on while people are in. */
  setFacts({ questionsEnabled, questionsModerated }) {
    if (questionsEnabled !== undefined) this.enabled = questionsEnabled;
    for (const text of this.root.querySelectorAll("[data-when-moderated]")) {
      if (questionsModerated !== undefined) text.hidden = text.dataset.whenModerated !== String(questionsModerated);
    }
    this.#showWays();
    this.#offer();
  }

  /** `until` as an ISO time, or null. */
  setMuted(until) {
    this.mutedUntil = until;
    this.#showWays();
    const left = until ? Date.parse(until) - this.#now : 0;
    browserClock.clearTimeout(this.#muteEnd);
    if (left > 0) this.#muteEnd = browserClock.setTimeout(() => this.#showWays(), left + 1_000);
  }

  /** By the server's clock; a visitor's may be wrong. */
  get #now() {
    return browserClock.now() - this.api.pass.clockAhead;
  }

  /** A webinar without Q&A has no place for it; one where it was switched off keeps what was asked. */
  #offer() {
    this.onOffered(this.enabled || this.store.entries().length > 0);
  }

  #firstFilter({ questionsModerated }) {
    if (!this.may.answer) return "open";
    const waits = this.store.entries().some(({ status }) => status === "pending");
    return waits || questionsModerated ? "waiting" : "open";
  }

  #showWays() {
    const muted = this.mutedUntil && Date.parse(this.mutedUntil) > this.#now;
    const show = (name, shown) => {
      const way = this.root.querySelector(`[data-ask${name}]`);
      if (way) way.hidden = !shown;
    };
    show("", this.enabled && !muted);
    show("-sign-in", this.enabled);
    show("-muted", this.enabled && muted);
    show("-off", !this.enabled);
    if (!muted) return;
    const time = timeOrDay(new Date(this.mutedUntil));
    const place = this.root.querySelector("[data-ask-muted]");
    if (place) place.textContent = interpolate(gettext("You can ask again at %(time)s."), { time });
  }

  #ask(body, isAnonymous) {
    const clientId = this.newClientId();
    this.list.choose("open");
    const asking = this.actions.ask({ clientId, body, isAnonymous });
    this.list.reveal(clientId);
    asking.then(() => this.store.own(clientId) && this.list.reveal(clientId));
  }

  #act(act, entry, item) {
    const { id, key } = entry;
    const { actions } = this;
    const acts = {
      vote: () => actions.vote(id),
      resend: () => actions.resend(key),
      discard: () => this.store.discard(key),
      withdraw: () => actions.withdraw(id),
      publish: () => actions.publish(id),
      archive: () => actions.archive(id),
      restore: () => actions.restore(id),
      pin: () => actions.pin(id, true),
      unpin: () => actions.pin(id, false),
      live: () => actions.answerLive(id),
      answer: () => this.#answer(entry, item),
    };
    return acts[act]?.();
  }

  #answer(entry, item) {
    openAnswer({
      template: this.root.querySelector("template[data-question-answer]"),
      item,
      entry,
      drafts: this.#drafts,
      send: (text) => this.actions.answer(entry.id, text),
    });
  }
}
