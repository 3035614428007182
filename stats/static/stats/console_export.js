/** The console's page of a file that is being written. */
import { gettext, interpolate, pageLanguage } from "../../../webinars/static/webinars/i18n.js";
import { ExportProgress } from "./export_progress.js";

const root = document.getElementById("export-progress");
const bar = root.querySelector("[data-bar]");
const said = root.querySelector("[data-said]");
const number = new Intl.NumberFormat(pageLanguage());

/** Null when the file is no longer this person's, or was never: the page, loaded again, says so. */
async function ask() {
  const answer = await fetch(root.dataset.stateUrl, { headers: { Accept: "application/json" }, redirect: "manual" });
  if (answer.ok) return answer.json();
  if (answer.type === "opaqueredirect" || answer.status === 404) return null;
  throw new Error(String(answer.status));
}

function show({ state, percent, rowsDone, rowsTotal }) {
  if (percent === null) bar.removeAttribute("value");
  else bar.value = percent;
  const done = number.format(rowsDone);
  if (state === "queued") said.textContent = gettext("Waiting for its turn.");
  else if (rowsTotal) {
    const total = number.format(rowsTotal);
    said.textContent = interpolate(gettext("%(done)s of %(total)s rows"), { done, total });
  }
  else said.textContent = interpolate(gettext("%(done)s rows"), { done });
}

function trouble() {
  said.textContent = gettext("We can't reach the server. The file is still being written; this page goes on by itself.");
}

new ExportProgress({ ask, show, trouble, finish: () => location.reload() }).look();
