/** Joins the presence client to the live page. */
import { browserClock } from "../../../webinars/static/webinars/clock.js";
import { whenLivePageIsReady } from "../../../webinars/static/webinars/live_page.js";
import { PresenceClient } from "./presence_client.js";

const SESSION_ID_BYTES = 16;

/** `crypto.randomUUID` exists on secure origins only; a page on plain HTTP in a test room has none. */
function newSessionId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(SESSION_ID_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text that must arrive although the page goes away: a beacon, or a request that outlives the page. */
function sendOnLeaving(url, text) {
  const queued = navigator.sendBeacon?.(url, new Blob([text], { type: "text/plain;charset=UTF-8" }));
  if (!queued) fetch(url, { method: "POST", body: text, keepalive: true, credentials: "same-origin" }).catch(() => {});
}

whenLivePageIsReady(({ config, api, pass, page }) => {
  const client = new PresenceClient({
    api,
    urls: config.urls,
    intervals: { ...config.intervals },
    token: () => pass.token,
    beacon: sendOnLeaving,
    isVisible: () => document.visibilityState === "visible",
    clock: browserClock,
    newSessionId,
    referrer: document.referrer,
    onStopped: (error) => page.dispatchEvent(new CustomEvent("presence-stopped", { detail: error })),
  });
  document.addEventListener("visibilitychange", () => client.visibilityChanged());
  window.addEventListener("online", () => client.online());
  window.addEventListener("pagehide", () => client.leave());
  window.addEventListener("pageshow", ({ persisted }) => persisted && !page.superseded && client.start());
  page.addEventListener("superseded", () => client.leave());
  page.addEventListener("left", () => client.leave());
  page.addEventListener("taken-back", () => client.start());
  client.start();
});
