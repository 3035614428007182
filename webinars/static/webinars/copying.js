/** Buttons that copy what their `data-copy` says, and tell it beside them. Hidden where the browser cannot copy. */
import { gettext } from "./i18n.js";

export function offerCopying(root, clipboard = navigator.clipboard) {
  if (!clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    const told = button.parentElement.querySelector("[data-copy-state]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await clipboard.writeText(button.dataset.copy);
        told.textContent = gettext("Copied");
      } catch {
        told.textContent = gettext("The browser did not allow copying.");
      }
    });
  }
}
