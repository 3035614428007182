/** A button that opens and closes the panel it controls: the chat of a phone held sideways. */
export function wireDrawer(button, { root = document.documentElement, onToggle = () => {} } = {}) {
  const panel = document.getElementById(button.getAttribute("aria-controls"));
  const set = (open) => {
    button.setAttribute("aria-expanded", String(open));
    root.classList.toggle("drawer-open", open);
    onToggle(open);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  panel.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    set(false);
    button.focus();
  });
}
