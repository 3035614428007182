/** A button that opens and closes the panel it controls, the chat of a phone held sideways; Escape closes it from anywhere. */
export function wireDrawer(button, { root = document.documentElement, onToggle = () => {} } = {}) {
  const set = (open) => {
    button.setAttribute("aria-expanded", String(open));
    root.classList.toggle("drawer-open", open);
    onToggle(open);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  root.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Escape" || isComposing || button.getAttribute("aria-expanded") !== "true") return;
    set(false);
    button.focus();
  });
}
