/**
 * A menu that opens at an element: arrows move, Enter chooses, Escape and Tab go back to where the keyboard was. Items with
 * the same `row` stand beside each other.
 */
export class Menu {
  #element = null;
  #anchor = null;
  #close = null;

  /** `root` is the positioned element that the menu may not leave. */
  constructor({ root }) {
    this.root = root;
    root.ownerDocument.addEventListener("pointerdown", ({ target }) => {
      if (this.#element && !this.#element.contains(target) && !this.#anchor.contains(target)) this.close();
    });
  }

  get isOpen() {
    return this.#element !== null;
  }

  /** `items` are {text, label?, row?, danger?, act}; `title` says what they are about. An open menu's own anchor shuts it. */
  open({ anchor, title, items, onClose = () => {} }) {
    const again = this.isOpen && this.#anchor === anchor;
    this.close();
    if (again) return;
    this.#anchor = anchor;
    this.#close = onClose;
    anchor.setAttribute("aria-expanded", "true");
    this.#element = this.#make(title, items);
    this.root.append(this.#element);
    this.#stand(anchor);
    this.#buttons[0].focus({ preventScroll: true });
  }

  close() {
    const element = this.#element;
    if (!element) return;
    this.#element = null;
    element.remove();
    this.#anchor.setAttribute("aria-expanded", "false");
    this.#close();
  }

  get #buttons() {
    return [...this.#element.querySelectorAll("[role=menuitem]")];
  }

  #make(title, items) {
    const menu = document.createElement("div");
    menu.className = "menu";
    menu.setAttribute("role", "menu");
    menu.setAttribute("aria-label", title);
    const head = document.createElement("p");
    head.className = "menu-title";
    head.textContent = title;
    menu.append(head);
    const rows = new Map();
    for (const item of items) this.#rowOf(item, menu, rows).append(this.#button(item));
    menu.addEventListener("keydown", (event) => this.#key(event));
    return menu;
  }

  #rowOf({ row }, menu, rows) {
    if (!row) return menu;
    if (!rows.has(row)) {
      const element = document.createElement("div");
      element.className = "menu-row";
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", row);
      const name = document.createElement("span");
      name.setAttribute("aria-hidden", "true");
      name.textContent = row;
      element.append(name);
      menu.append(element);
      rows.set(row, element);
    }
    return rows.get(row);
  }

  #button({ text, label, danger, act }) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "menuitem");
    button.tabIndex = -1;
    button.textContent = text;
    if (label) button.setAttribute("aria-label", label);
    if (danger) button.className = "menu-danger";
    button.addEventListener("click", () => {
      this.close();
      act();
    });
    return button;
  }

  /** Below the anchor, or above it where there is no room. */
  #stand(anchor) {
    const frame = this.root.getBoundingClientRect();
    const at = anchor.getBoundingClientRect();
    const { offsetHeight: height } = this.#element;
    const below = at.bottom - frame.top + 4;
    const above = at.top - frame.top - height - 4;
    const top = below + height <= frame.height ? below : Math.max(above, 4);
    this.#element.style.top = `${Math.max(4, Math.min(top, frame.height - height - 4))}px`;
  }

  #key(event) {
    const buttons = this.#buttons;
    const at = buttons.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined && event.key !== "Escape" && event.key !== "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (to === undefined) this.close();
    else buttons.at(to % buttons.length).focus();
  }
}
