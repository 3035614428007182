/** The room in the console's live tab: chat and Q&A as hosts see them, and the means to keep order. */
import { ApiClient } from "./api_client.js";
import { mountChat } from "./chat.js";
import { ConnectionView } from "./connection.js";
import { interpolate, ngettext } from "./i18n.js";
import { LivePass, passRequest } from "./live_pass.js";
import { mountModeration } from "./moderation_panel.js";
import { NoticeView } from "./notice_view.js";
import { QuestionPanel } from "./question_panel.js";
import { Room } from "./room.js";
import { RoomControls } from "./room_controls.js";
import { SilencedList } from "./silenced_list.js";
import { Toasts } from "./toast.js";

const SILENCED_EVERY_MS = 30_000;

const root = document.getElementById("console-room");
const json = (id) => JSON.parse(document.getElementById(id).textContent);
const find = (selector) => root.querySelector(selector);

const config = json("live-config");
const pass = new LivePass({
  token: config.token,
  expiresAt: config.tokenExpiresAt,
  serverTime: config.serverTime,
  requestPass: passRequest({ url: config.urls.token, csrfToken: find("input[name=csrfmiddlewaretoken]").value }),
});
const api = new ApiClient({ pass });
// Without an id of its own: a manager may look after a room from several pages, and none takes it from another.
const room = new Room({ socketUrl: config.urls.socket, stateUrl: config.urls.state, api, pass, crowdMs: 0 });

const connection = new ConnectionView(find("[data-connection-view]"));
room.on("connection", (view) => connection.show(view));
room.on("stopped", () => pass.stop());

const notice = new NoticeView({ element: find("[data-notice]") });
let pinned = config.notice;
const showNotice = (set) => notice.show((pinned = set));
room.on("notice.set", showNotice);
room.on("notice.cleared", () => showNotice(null));
room.on("state", (state) => showNotice(state.notice));

const chat = mountChat({
  root: find("[data-chat]"),
  config,
  room,
  api,
  messages: json("first-messages"),
  openMenu: config.may.moderate ? keepOrder() : undefined,
});

const news = find("[data-questions-news]");
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
  onNews(count) {
    news.hidden = count === 0;
    news.textContent = interpolate(ngettext("%(count)s new", "%(count)s new", count), { count });
  },
});

/** Everything that takes the right to run the webinar. Answers what opens a message's menu. */
function keepOrder() {
  const { toasts, refresh } = wireSilenced(new Toasts({ region: find("[data-toasts]") }));
  const { urls, facts } = config;
  new RoomControls({ form: find("[data-controls]"), room, api, urls, toasts, facts, notice: () => pinned });
  refresh();
  return mountModeration({
    root: find("[data-chat]"),
    config,
    api,
    room,
    toasts,
    unpin: find("[data-notice-clear]"),
    onMessage: (message) => chat.store.add([message]),
  });
}

/** Rooms are not told of other people's mutes: the list asks now and then, and after whatever was done here. */
function wireSilenced(shown) {
  const element = find("[data-silenced]");
  const list = new SilencedList({ element, api, urls: config.urls });
  const refresh = () => element.contains(document.activeElement) || list.load().catch(() => {});
  setInterval(() => document.visibilityState === "visible" && refresh(), SILENCED_EVERY_MS);
  const then = (undo) => undo && (() => Promise.resolve(undo()).finally(refresh));
  const toasts = {
    show(text, { undo = null, bad = false } = {}) {
      shown.show(text, { undo: then(undo), bad });
      refresh();
    },
  };
  return { toasts, refresh };
}

const look = () => questions.look(document.visibilityState === "visible");
look();
document.addEventListener("visibilitychange", () => {
  look();
  if (document.visibilityState === "visible") room.wake();
});
pass.start();
room.enter();
window.addEventListener("online", () => room.setOnline(true));
window.addEventListener("offline", () => room.setOnline(false));
if (!navigator.onLine) room.setOnline(false);
window.addEventListener("pagehide", () => room.leave());
window.addEventListener("pageshow", ({ persisted }) => persisted && room.enter());
