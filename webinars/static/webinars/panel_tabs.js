/**
 * The panel's tabs, by the pattern of WAI-ARIA: one tab is in the order of Tab keys, the arrows go to the others and
 * open them. A tab that is not looked at counts what is new in it.
 *
 * `root` holds a [role=tablist] with [data-tab="name"] buttons and the panels that they name by aria-controls; a
 * [data-tab-mark] in a button shows its count. Panels that are not open keep their layout and their scrolling.
 */
import { interpolate, ngettext } from "./i18n.js";

const MOST_SHOWN = 99;

export class PanelTabs {
  #tabs = new Map();
  #news = new Map();
  #listeners = new Set();

  constructor({ root }) {
    this.root = root;
    this.list = root.querySelector("[role=tablist]");
    for (const tab of this.list.querySelectorAll("[data-tab]")) {
      this.#tabs.set(tab.dataset.tab, tab);
      this.#news.set(tab.dataset.tab, 0);
    }
    this.list.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-tab]")));
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.show(this.#offered[0] ?? [...this.#tabs.keys()][0]);
  }

  /** Calls `listener({ open, news })` after every change: the open tab's name and what is new in all others. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  show(name) {
    if (!this.#tabs.has(name)) return;
    this.open = name;
    this.#news.set(name, 0);
    for (const [each, tab] of this.#tabs) {
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = each !== name;
      this.#showNews(each);
    }
    this.#tell();
  }

  /** Says that `count` more things are new in a tab; the open one is looked at already. */
  addNews(name, count = 1) {
    if (name !== this.open) this.setNews(name, (this.#news.get(name) ?? 0) + count);
  }

  setNews(name, count) {
    if (!this.#tabs.has(name) || this.#news.get(name) === count) return;
    this.#news.set(name, name === this.open ? 0 : count);
    this.#showNews(name);
    this.#tell();
  }

  /** Whether this webinar has that tab; without it another one is opened. */
  offer(name, offered) {
    const tab = this.#tabs.get(name);
    if (!tab || tab.hidden === !offered) return;
    tab.hidden = !offered;
    const [first] = this.#offered;
    if (!offered && this.open === name && first) this.show(first);
  }

  get #offered() {
    return [...this.#tabs].filter(([, tab]) => !tab.hidden).map(([name]) => name);
  }

  #clicked(tab) {
    if (tab) this.show(tab.dataset.tab);
  }

  #key(event) {
    const names = this.#offered;
    const at = names.indexOf(this.open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const name = names.at(to % names.length);
    this.show(name);
    this.#tabs.get(name).focus();
  }

  #showNews(name) {
    const mark = this.#tabs.get(name).querySelector("[data-tab-mark]");
    const count = this.#news.get(name);
    mark.hidden = count === 0;
    const number = document.createElement("span");
    number.setAttribute("aria-hidden", "true");
    number.textContent = count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = `, ${interpolate(ngettext("%(count)s new", "%(count)s new", count), { count })}`;
    mark.replaceChildren(...(count ? [number, words] : []));
  }

  /** How many things are new in all tabs that are not open. */
  get news() {
    return [...this.#news.values()].reduce((sum, count) => sum + count, 0);
  }

  #tell() {
    for (const listener of this.#listeners) listener({ open: this.open, news: this.news });
  }
}
