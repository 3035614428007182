/** Landing and waiting pages: the countdown, and a new look at the page when the doors open or the time is moved. */
import { Countdown } from "./countdown.js";
import { DoorWatch, whenRequest } from "./door_watch.js";
import { reloadSoon } from "./reload.js";

for (const element of document.querySelectorAll("[data-countdown]")) {
  new Countdown(element, { onZero: () => "reload" in element.dataset && reloadSoon() }).start();
}

const door = document.querySelector("[data-door-watch]");
if (door) {
  const watch = new DoorWatch({
    ask: whenRequest(door.dataset.doorWatch),
    known: JSON.parse(document.getElementById("when").textContent),
    onChange: reloadSoon,
  });
  const noticeVisibility = () => watch.setVisible(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", noticeVisibility);
  watch.start();
  noticeVisibility();
}
