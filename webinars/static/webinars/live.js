/** The live page: puts its parts together. */
import { ApiClient } from "./api_client.js";
import { mountChat } from "./chat.js";
import { between, browserClock } from "./clock.js";
import { ConnectionView, stopSentence } from "./connection.js";
import { Countdown } from "./countdown.js";
import { CountView } from "./count_view.js";
import { wireDrawer } from "./drawer.js";
import { gettext } from "./i18n.js";
import { announceLivePage } from "./live_page.js";
import { LivePass, passRequest } from "./live_pass.js";
import { mountModeration } from "./moderation_panel.js";
import { NoticeView } from "./notice_view.js";
import { PanelTabs } from "./panel_tabs.js";
import { mountPlayer, unmountPlayer } from "./player.js";
import { QuestionPanel } from "./question_panel.js";
import { Room } from "./room.js";
import { wireSoundCheck } from "./sound_check.js";
import { TakeOver, newPageId } from "./take_over.js";
import { Toasts } from "./toast.js";

const LEAVING_MS = 3_000;

const newClientId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
const json = (id) => JSON.parse(document.getElementById(id).textContent);
const find = (selector) => document.querySelector(selector);

const config = json("live-config");
const page = new EventTarget();
page.superseded = false;
let leaving;

const csrfToken = find("input[name=csrfmiddlewaretoken]").value;
const pass = new LivePass({
  token: config.token,
  expiresAt: config.tokenExpiresAt,
  serverTime: config.serverTime,
  requestPass: passRequest({ url: config.urls.token, csrfToken }),
});
const api = new ApiClient({ pass });
const room = new Room({
  socketUrl: config.urls.socket,
  stateUrl: config.urls.state,
  api,
  pass,
  pageId: newPageId(),
  since: config.pageSince ?? Date.parse(config.serverTime),
  crowdMs: config.role === "attendee" ? undefined : 0,
});

const tabs = new PanelTabs({ root: find("[data-panel]") });
const connection = new ConnectionView(find("[data-connection-view]"));
const waiting = find("[data-countdown]");
const countdown = waiting ? new Countdown(waiting) : null;
const count = new CountView(find("[data-count]"));
const takeOver = new TakeOver({
  element: find("[data-takeover]"),
  onReplaced() {
    page.superseded = true;
    pass.stop();
    room.leave({ superseded: true });
    rest(gettext("This window is resting."));
    page.dispatchEvent(new Event("superseded"));
  },
  async onTakenBack() {
    await enterAnew();
    page.superseded = false;
    rest(null);
    page.dispatchEvent(new Event("taken-back"));
  },
});

/** With the server's time of now, which makes the person's other page the older one. */
async function enterAnew() {
  await pass.renew();
  pass.start();
  room.enter({ since: pass.serverTime });
}

/** Nobody can write here, and nothing plays; null ends the rest. */
function rest(sentence) {
  find("[data-panel-parts]").inert = sentence !== null;
  if (sentence !== null) unmountPlayer(find("[data-stage]"), sentence);
  else stateIs(document.body.dataset.state);
}

function stateIs(state) {
  if (state === "ended" && config.role !== "manager") return leaveForGood();
  document.body.dataset.state = state;
  find("[data-state-live]").hidden = state !== "live";
  find("[data-state-ended]").hidden = state !== "ended";
  if (state === "live" && !page.superseded) mountPlayer(find("[data-stage]"), { player: config.player, title: config.title });
}

function standsAt({ state, startTime }) {
  stateIs(state);
  if (state !== "live") countdown?.aim(startTime);
}

/** A whole room leaves at once: spread over a few seconds, so that the last page has time for everybody. */
function leaveForGood() {
  leaving ??= browserClock.setTimeout(() => location.assign(config.urls.ended), between(browserClock, 0, LEAVING_MS));
}

room.on("connection", (view) => connection.show(view));
room.on("webinar.state", (webinar) => standsAt(webinar));
room.on("state", (snapshot) => {
  count.show(snapshot.currentParticipants);
  notice.show(snapshot.notice);
  standsAt(snapshot);
});
room.on("presence.count", ({ count: people, state }) => {
  count.show(people);
  if (state !== document.body.dataset.state) stateIs(state);
});
room.on("session.superseded", (detail) => takeOver.hear(detail));
room.on("stopped", (status, code) => {
  pass.stop();
  if (status === 403) rest(stopSentence(status, code));
  page.dispatchEvent(new Event("left"));
});

const questions = new QuestionPanel({
  root: find("[data-questions]"),
  api,
  room,
  url: config.urls.questions,
  everyMs: config.intervals.questionsPollSeconds * 1000,
  first: json("first-questions"),
  me: config.me,
  may: config.may,
  facts: config.facts,
  mutedUntil: config.mutedUntil,
  newClientId,
  onNews: (count) => tabs.setNews("questions", count),
  onOffered: (offered) => tabs.offer("questions", offered),
});
tabs.subscribe(({ open }) => questions.look(open === "questions"));

const notice = new NoticeView({ element: find("[data-notice]") });
room.on("notice.set", (set) => notice.show(set));
room.on("notice.cleared", () => notice.show(null));

const openMenu = config.may.moderate
  ? mountModeration({
      root: find("[data-chat]"),
      config,
      api,
      room,
      toasts: new Toasts({ region: find("[data-toasts]") }),
      settings: { dialog: find("[data-settings]"), button: find("[data-settings-button]") },
      unpin: find("[data-notice-clear]"),
      onMessage: (message) => chat.store.add([message]),
    })
  : undefined;

let unseen = 0;
const chat = mountChat({
  root: find("[data-chat]"),
  config,
  room,
  api,
  messages: json("first-messages"),
  openMenu,
  onUnseen(messages) {
    unseen = messages;
    tabs.setNews("chat", messages);
    showNews();
  },
});
const drawer = wireDrawer(find("[data-drawer-button]"), { onToggle: (open) => open && chat.list.returned() });
const showNews = () => drawer.showNews(tabs.open === "chat" ? tabs.news + unseen : tabs.news);
tabs.subscribe(() => {
  showNews();
  chat.list.returned();
});
countdown?.start();
const soundCheck = find("[data-sound-check]");
if (soundCheck) wireSoundCheck(soundCheck);

stateIs(config.facts.state);
if (cameFromCache()) enterAnew().catch(() => pass.lost || enter());
else enter();
announceLivePage({ config, api, pass, page });

function enter() {
  pass.start();
  room.enter();
}

/** A duplicated tab or a restored one may show a page that the server made long ago, with that page's pass and time. */
function cameFromCache() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.type === "back_forward" || navigation?.transferSize === 0;
}

page.addEventListener("presence-stopped", ({ detail }) => room.leave({ stopStatus: detail.status, stopCode: detail.code }));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && room.wake());
window.addEventListener("online", () => room.setOnline(true));
window.addEventListener("offline", () => room.setOnline(false));
if (!navigator.onLine) room.setOnline(false);
window.addEventListener("pagehide", () => room.leave());
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  leaving = undefined; // whoever came back to a webinar that is over is led away again
  if (!page.superseded) enterAnew().catch(() => pass.lost || enter());
});
