/** One question as an <li>, built from a <template> and filled again whenever it changes. */
import { gettext, interpolate, ngettext, timeOfDay } from "./i18n.js";
import { linkified } from "./linkify.js";

/** What a host can do with a question in each state, besides answering: [act, whether it applies]. */
const ACTS = {
  publish: ({ status }) => status === "pending",
  answer: ({ status }) => status !== "archived",
  live: ({ status }) => status === "pending" || status === "published",
  pin: ({ status, pinned }) => (status === "published" || status === "answered") && !pinned,
  unpin: ({ pinned }) => pinned,
  archive: ({ status }) => status !== "archived",
  restore: ({ status, withdrawn }) => status === "archived" && !withdrawn,
};

const LEFT = {
  pending: () => gettext("Waits again"),
  published: () => gettext("Published"),
  answered: () => gettext("Answered"),
  archived: () => gettext("Archived"),
};

export class QuestionItems {
  #filled = new WeakMap();

  /** `may` has answer and vote; `root` holds the templates. */
  constructor({ root, may }) {
    this.may = may;
    this.template = root.querySelector("template[data-question-template]").content.firstElementChild;
    this.acts = root.querySelector("template[data-question-acts]").content;
    this.clock = timeOfDay();
  }

  make(key) {
    const item = this.template.cloneNode(true);
    item.dataset.key = key;
    return item;
  }

  /** Shows the entry; nothing is touched when it is shown already. */
  fill(item, entry) {
    if (this.#filled.get(item) === entry) return;
    this.#filled.set(item, entry);
    const part = (name) => item.querySelector(`[data-q-${name}]`);
    const { status, state, mine, isAnonymous, authorName, answer, answeredBy } = entry;
    const stored = state === "stored";
    Object.assign(item.dataset, { status, state });
    item.classList.toggle("question-pinned", Boolean(entry.pinned));
    item.classList.toggle("question-own", Boolean(mine));
    part("author").textContent = mine ? gettext("You") : (authorName ?? gettext("Anonymous"));
    part("anonymous").hidden = !isAnonymous || (!mine && !authorName);
    part("pinned").hidden = !entry.pinned;
    const time = part("time");
    time.dateTime = entry.createdAt;
    time.textContent = this.clock.format(new Date(entry.createdAt));
    part("body").replaceChildren(linkified(entry.body));
    this.#fillVote(part("vote"), entry);
    part("waits").hidden = !(stored && mine && status === "pending");
    const answered = status === "answered" || (status === "archived" && Boolean(entry.answeredAt));
    part("answer").hidden = !(answered && answer);
    part("answered-by").textContent = answeredBy ? interpolate(gettext("Answer from %(name)s"), { name: answeredBy }) : gettext("Answer");
    part("answer-text").replaceChildren(linkified(answer ?? ""));
    part("live").hidden = !(answered && entry.answeredLive);
    part("failure").hidden = state !== "failed";
    part("reason").textContent = entry.reason ?? "";
    this.#fillActs(part("acts"), entry);
  }

  /** What became of a question that still stands where it was, until the list may move. */
  leave(item, entry) {
    const gone = this.#filled.get(item)?.mine ? gettext("Withdrawn") : gettext("No longer here");
    const word = entry ? LEFT[entry.status]() : gone;
    const left = item.querySelector("[data-q-left]");
    if (left.textContent !== word) left.textContent = word;
    left.hidden = false;
    item.classList.add("question-leaving");
  }

  stay(item) {
    item.querySelector("[data-q-left]").hidden = true;
    item.classList.remove("question-leaving");
  }

  #fillVote(button, { state, status, votes, voted, mine }) {
    const shown = status === "published" || status === "answered";
    button.hidden = !shown;
    button.disabled = !this.may.vote || mine || state !== "stored";
    button.setAttribute("aria-pressed", String(Boolean(voted)));
    button.querySelector("[data-q-votes]").textContent = votes;
    const words = ngettext("Vote for this question, %(count)s vote", "Vote for this question, %(count)s votes", votes);
    button.setAttribute("aria-label", interpolate(words, { count: votes }));
  }

  #fillActs(place, entry) {
    const withdraws = entry.mine && entry.status === "pending" && !this.may.answer;
    const leads = this.may.answer;
    place.hidden = entry.state !== "stored" || !(leads || withdraws);
    if (place.hidden) return;
    if (!place.childElementCount) place.append(this.acts.cloneNode(true));
    for (const button of place.querySelectorAll("[data-act]")) {
      const { act } = button.dataset;
      button.hidden = act === "withdraw" ? !withdraws : !(leads && ACTS[act](entry));
      if (act === "answer") button.textContent = entry.answer ? gettext("Edit answer") : gettext("Answer");
    }
  }
}
