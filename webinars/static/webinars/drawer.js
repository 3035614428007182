/**
 * A button that opens and closes the panel it controls, the chat of a phone held sideways; Escape closes it from anywhere
 * but a dialog, which it closes first.
 * A [data-drawer-mark] in the button shows that something is new behind it.
 */
import { gettext } from "./i18n.js";

export function wireDrawer(button, { root = document.documentElement, onToggle = () => {} } = {}) {
  const mark = button.querySelector("[data-drawer-mark]");
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const set = (open) => {
    button.setAttribute("aria-expanded", String(open));
    root.classList.toggle("drawer-open", open);
    onToggle(open);
  };
  button.addEventListener("click", () => set(!isOpen()));
  root.addEventListener("keydown", ({ key, target, isComposing, defaultPrevented }) => {
    if (key !== "Escape" || isComposing || defaultPrevented || !isOpen() || target.closest("dialog")) return;
    set(false);
    button.focus();
  });
  return {
    showNews(count) {
      if (!mark) return;
      mark.hidden = count === 0;
      mark.textContent = count ? gettext("new") : "";
    },
  };
}
