/** Landing and waiting pages: the countdown, and a new look at the page when the doors open. */
import { Countdown } from "./countdown.js";
import { reloadSoon } from "./reload.js";

for (const element of document.querySelectorAll("[data-countdown]")) {
  new Countdown(element, { onZero: () => "reload" in element.dataset && reloadSoon() }).start();
}
