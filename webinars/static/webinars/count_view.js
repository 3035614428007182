/** The number of people, in an element with a number and a sentence for screen readers. */
import { interpolate, ngettext, pageLanguage } from "./i18n.js";

export class CountView {
  constructor(element) {
    this.element = element;
    this.number = element.querySelector("[data-count-number]");
    this.label = element.querySelector("[data-count-label]");
    this.format = new Intl.NumberFormat(pageLanguage());
  }

  show(count) {
    if (!Number.isInteger(count)) return;
    this.element.hidden = false;
    this.number.textContent = this.format.format(count);
    this.label.textContent = interpolate(ngettext("%(count)s person watching", "%(count)s people watching", count), {
      count: this.format.format(count),
    });
  }
}
