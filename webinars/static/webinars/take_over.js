/**
 * Two pages of one person in one webinar: the older one hears `session.superseded` and, by the
 * webinar's policy, warns or falls silent until the person takes it back.
 */
import { gettext } from "./i18n.js";

/** Random and kept nowhere: a duplicated tab must not share it with the tab it came from. */
export const newPageId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** `onReplaced` and `onTakenBack` stop and start this page's traffic. */
export class TakeOver {
  constructor({ element, onReplaced, onTakenBack }) {
    this.element = element;
    this.text = element.querySelector("[data-takeover-text]");
    this.button = element.querySelector("[data-takeover-button]");
    this.onReplaced = onReplaced;
    this.onTakenBack = onTakenBack;
    this.replaced = false;
    this.button.addEventListener("click", () => this.#act());
  }

  hear({ policy }) {
    if (policy === "warn") return this.#show(gettext("This webinar is also open in another window."), gettext("Close this notice"));
    this.replaced = true;
    this.#show(gettext("You opened this webinar somewhere else, so this window is resting."), gettext("Continue here"));
    return this.onReplaced();
  }

  #show(text, label) {
    this.text.textContent = text;
    this.button.textContent = label;
    this.element.hidden = false;
    this.element.dataset.replaced = String(this.replaced);
    if (this.replaced) this.button.focus();
  }

  #act() {
    this.element.hidden = true;
    if (!this.replaced) return;
    this.replaced = false;
    this.onTakenBack();
  }
}
