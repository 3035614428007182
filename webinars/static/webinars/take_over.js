/**
 * Two pages of one person in one webinar: the older one hears `session.superseded` and, by the
 * webinar's policy, warns or falls silent until the person takes it back.
 */
import { gettext } from "./i18n.js";

/** Random and kept nowhere: a duplicated tab must not share it with the tab it came from. */
export const newPageId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * `onReplaced` stops this page's traffic; `onTakenBack` starts it again, and its promise rejects with an error whose
 * message says why it could not. A warning that was closed is not shown again.
 */
export class TakeOver {
  #warned = false;

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
    if (policy === "warn") return this.#warn();
    if (this.replaced) return undefined;
    this.replaced = true;
    this.#show(gettext("You opened this webinar somewhere else, so this window is resting."), gettext("Continue here"));
    this.button.focus();
    return this.onReplaced();
  }

  #warn() {
    if (this.#warned || this.replaced) return;
    this.#warned = true;
    this.#show(gettext("This webinar is also open in another window."), gettext("Close this notice"));
  }

  #show(text, label) {
    this.text.textContent = text;
    this.button.textContent = label;
    this.element.hidden = false;
    this.element.dataset.replaced = String(this.replaced);
  }

  async #act() {
    if (!this.replaced) {
      this.element.hidden = true;
      return;
    }
    this.button.disabled = true;
    try {
      await this.onTakenBack();
      this.replaced = false;
      this.element.hidden = true;
    } catch (error) {
      this.text.textContent = error.message;
    } finally {
      this.button.disabled = false;
    }
  }
}
