/**
 * The list of questions: what the reader chose to see, in the order they chose. Votes change the order all the time, so
 * it changes only while the reader rests (see question_calm.js): until then new questions wait at the end, and what has
 * left stays where it is and says what became of it. What has the keyboard's focus is never moved.
 */
import { arrange, canSort, FILTERS, ordered } from "./question_order.js";
import { Calm } from "./question_calm.js";
import { QuestionItems } from "./question_item.js";

const SORT_KEY = "eventflow.questions.sort";
const SORTS = new Set(["votes", "time"]);
const MOVE_MS = 200;

const quiet = matchMedia("(prefers-reduced-motion: reduce)");

export class QuestionList {
  #items = new Map();
  #filter = "open";
  #sort = "votes";

  /** `may` has answer and vote. `onAct(act, entry, item)` hears what was pressed: an act of the buttons, or "vote". */
  constructor({ root, store, may, onAct }) {
    const find = (name) => root.querySelector(`[data-questions-${name}]`);
    Object.assign(this, { root, store, onAct, scroller: find("scroller"), list: find("list"), sorting: find("sort") });
    this.chips = [...root.querySelectorAll("[data-questions-filter]")];
    this.empties = [...root.querySelectorAll("[data-questions-empty]")];
    this.items = new QuestionItems({ root, may });
    this.calm = new Calm({ element: this.list, isWriting: () => this.isWriting, onCalm: () => this.#show() });
    this.#sort = remembered();
    this.sorting.value = this.#sort;
    find("bar").hidden = false;
    this.sorting.addEventListener("change", () => this.#choose({ sort: this.sorting.value }));
    for (const chip of this.chips) chip.addEventListener("click", () => this.choose(chip.dataset.questionsFilter));
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.scroller.addEventListener("scroll", () => this.calm.touch(), { passive: true });
  }

  /** Takes over what the server rendered, then follows the store. */
  adopt(filter) {
    for (const item of this.list.querySelectorAll("[data-key]")) this.#items.set(item.dataset.key, item);
    this.store.subscribe(() => this.#show());
    this.choose(filter);
  }

  choose(filter) {
    this.#choose({ filter });
    this.scroller.scrollTop = 0;
  }

  get isWriting() {
    const forms = [...this.list.querySelectorAll("form")];
    return forms.some((form) => form.contains(document.activeElement) || form.querySelector("textarea").value.trim());
  }

  reveal(key) {
    this.#items.get(key)?.scrollIntoView({ block: "nearest" });
  }

  #choose({ filter = this.#filter, sort = this.#sort }) {
    this.#filter = filter;
    this.#sort = sort;
    remember(sort);
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(chip.dataset.questionsFilter === filter));
    this.sorting.parentElement.hidden = !canSort(filter);
    this.#show({ atOnce: true });
  }

  #show({ atOnce = false } = {}) {
    const entries = this.store.entries();
    const wanted = ordered(entries, this.#filter, this.#sort);
    const held = !atOnce && this.calm.isBusy;
    this.#keepingFocus(() => (held ? this.#hold(entries, wanted) : this.#settle(wanted)));
    for (const chip of this.chips) this.#count(chip, entries);
    for (const empty of this.empties) empty.hidden = this.#items.size > 0 || empty.dataset.questionsEmpty !== this.#filter;
  }

  /** The reader is busy: everything stays where it is. */
  #hold(entries, wanted) {
    const known = new Map(entries.map((entry) => [entry.key, entry]));
    const stays = new Set(wanted.map(({ key }) => key));
    if (!this.#stands(wanted)) this.calm.wait();
    for (const [key, item] of this.#items) {
      const entry = known.get(key);
      if (stays.has(key)) this.#made(entry);
      else this.items.leave(item, entry);
    }
    for (const entry of wanted) if (!this.#items.has(entry.key)) this.list.append(this.#made(entry));
  }

  /** The list as it should be; whoever has scrolled keeps the place. */
  #settle(wanted) {
    if (this.scroller.scrollTop === 0 && this.#stands(wanted)) return void wanted.forEach((entry) => this.#made(entry));
    const tops = this.#tops();
    const keys = new Set(wanted.map(({ key }) => key));
    for (const [key, item] of this.#items) {
      if (keys.has(key)) continue;
      item.remove();
      this.#items.delete(key);
    }
    const items = wanted.map((entry) => this.#made(entry));
    const focused = document.activeElement?.closest?.("[data-key]");
    const inView = this.scroller.scrollTop > 0 ? items.find((item) => tops.get(item) >= 0) : null;
    arrange(this.list, items, items.includes(focused) ? focused : null);
    if (inView) this.scroller.scrollTop += this.#tops().get(inView) - tops.get(inView);
    this.#slide(items, tops);
  }

  /** Whether the list shows these already, in this order. */
  #stands(wanted) {
    const { children } = this.list;
    return children.length === wanted.length && wanted.every(({ key }, at) => children[at].dataset.key === key);
  }

  #made(entry) {
    let item = this.#items.get(entry.key);
    if (!item) {
      item = this.items.make(entry.key);
      this.#items.set(entry.key, item);
    }
    this.items.fill(item, entry);
    this.items.stay(item);
    return item;
  }

  /** Where the questions stand in the scroller. */
  #tops() {
    const { top } = this.scroller.getBoundingClientRect();
    return new Map([...this.list.children].map((item) => [item, item.getBoundingClientRect().top - top]));
  }

  /** Moves what is in view from where it was; everything is measured before anything moves. */
  #slide(items, before) {
    if (quiet.matches || document.visibilityState === "hidden") return;
    const after = this.#tops();
    const { clientHeight: height } = this.scroller;
    for (const item of items) {
      const [from, to] = [before.get(item), after.get(item)];
      if (from === to || Math.abs(to) > height) continue;
      const way = Math.max(-height, Math.min(height, from - to));
      const start = from === undefined ? { opacity: 0 } : { transform: `translateY(${way}px)` };
      item.animate([start, {}], { duration: MOVE_MS, easing: "ease-out" });
    }
  }

  /** What has the focus may be gone afterwards, or hidden: then it goes to its question, or to the one in its place. */
  #keepingFocus(change) {
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const item = focused?.closest("[data-key]");
    const at = item ? [...this.list.children].indexOf(item) : -1;
    change();
    if (!focused || focused.getClientRects().length > 0) return;
    const next = item?.isConnected ? item : (this.list.children[at] ?? this.list.lastElementChild ?? this.scroller);
    next.focus({ preventScroll: true });
  }

  #count(chip, entries) {
    const count = entries.filter(FILTERS[chip.dataset.questionsFilter]).length;
    const place = chip.querySelector("[data-questions-count]");
    if (place.textContent !== String(count)) place.textContent = count;
  }

  #clicked({ target }) {
    const button = target.closest("button");
    const item = button?.closest("[data-key]");
    if (!item) return;
    const { key } = item.dataset;
    const entry = this.store.entries().find((each) => each.key === key);
    const act = button.dataset.act ?? ("qVote" in button.dataset ? "vote" : null);
    if (entry && act) this.onAct(act, entry, item);
  }
}

function remembered() {
  try {
    const sort = localStorage.getItem(SORT_KEY);
    return SORTS.has(sort) ? sort : "votes";
  } catch {
    return "votes"; // storage may be forbidden
  }
}

function remember(sort) {
  try {
    localStorage.setItem(SORT_KEY, sort);
  } catch {
    // then it is not remembered
  }
}
