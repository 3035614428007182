/** The console's live tab: the page's numbers, kept moving. */
import { ApiClient } from "../../../webinars/static/webinars/api_client.js";
import { gettext } from "../../../webinars/static/webinars/i18n.js";
import { LivePass, passRequest } from "../../../webinars/static/webinars/live_pass.js";
import { keepDefinitionsInSight } from "./definitions.js";
import { LiveView } from "./live_view.js";
import { StatisticsPoller } from "./statistics_poller.js";
import { TimelineChart } from "./timeline_chart.js";
import { clockSentence } from "./webinar_clock.js";

const root = document.getElementById("live-tab");
const config = JSON.parse(document.getElementById("live-tab-config").textContent);
const csrfToken = root.querySelector("input[name=csrfmiddlewaretoken]").value;

const view = new LiveView({ root, zone: config.zone });
const chart = new TimelineChart({
  element: root.querySelector("[data-chart]"),
  zone: config.zone,
  bucketSeconds: config.bucketSeconds,
});
const pass = new LivePass({
  token: config.token,
  expiresAt: config.tokenExpiresAt,
  serverTime: config.serverTime,
  requestPass: passRequest({ url: config.urls.token, csrfToken }),
});
const api = new ApiClient({ pass });

const serverAhead = Date.parse(config.serverTime) - Date.now();
let start = Date.parse(config.startTime);
let end = config.endTime ? Date.parse(config.endTime) : null;

function tick() {
  view.showClock(clockSentence({ state: config.state, start, end, now: Date.now() + serverAhead }));
}

async function ask() {
  const [statistics, room] = await Promise.all([api.get(config.urls.statistics), api.get(config.urls.state)]);
  return { ...statistics, room };
}

/** Whether somebody has begun to write an answer, a notice or the like on this page. */
const isWriting = () => [...root.querySelectorAll("textarea, input[maxlength]")].some((field) => field.value !== field.defaultValue);

function accept({ room, ...statistics }) {
  // Somebody started or ended it elsewhere: the steps on this page no longer fit.
  if (room.state !== config.state) {
    if (!isWriting()) return location.reload();
    view.say(gettext("The webinar has been started or ended elsewhere. This page loads again when you have finished writing."));
  }
  start = Date.parse(room.startTime);
  end = room.endTime ? Date.parse(room.endTime) : null;
  // Extending goes on from the end that the clock shows, also when somebody else moved it.
  for (const seen of root.querySelectorAll("input[name=planned_end]")) seen.value = room.endTime ?? "";
  view.show(statistics);
  if (room.state === config.state) view.say("");
  return chart.show(statistics.timeline);
}

function tellTrouble(_error, { final }) {
  view.say(
    final
      ? gettext("The numbers have stopped: you are signed out, or this webinar is no longer yours. Open the page again.")
      : gettext("We can't reach the server. The numbers stand still and go on by themselves."),
  );
}

const poller = new StatisticsPoller({ ask, onAnswer: accept, onTrouble: tellTrouble });

keepDefinitionsInSight();
chart.show(config.statistics.timeline);
pass.start();
poller.start(config.statistics.nextPollSeconds);
const noticeVisibility = () => poller.setVisible(document.visibilityState === "visible");
noticeVisibility();
document.addEventListener("visibilitychange", noticeVisibility);
setInterval(tick, 1000);
