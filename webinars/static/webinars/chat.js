/**
 * The chat of a room, put together: what was said, writing, and who keeps order. The elements are those of
 * `parts/chat_panel.html`; live page and console use it alike.
 */
import { Announcer } from "./announcer.js";
import { Composer, Draft } from "./composer.js";
import { EmojiPicker } from "./emoji_picker.js";
import { History } from "./history.js";
import { HistoryView } from "./history_view.js";
import { MessageKeys } from "./message_keys.js";
import { MessageList } from "./message_list.js";
import { MessageSender } from "./message_sender.js";
import { MessageStore } from "./message_store.js";
import { MessageSync } from "./message_sync.js";
import { TitleCount } from "./unread_marker.js";
import { keepUnsent } from "./unsent.js";

/**
 * - `root`: the [data-chat] element; `messages`: those that the server rendered, the newest of the chat
 * - `config`: the page's {webinarId, me, role, may, facts, mutedUntil, lastChangedSeq, urls, intervals, maxMessageLength}
 * - `openMenu(item, message)`: shows what can be done with a message, if anything; answers whether it did
 * - `onUnseen(count)`: how many messages wait to be seen
 *
 * Answers {store, list, leave()}.
 */
export function mountChat({ root, config, room, api, messages, openMenu = () => false, onUnseen = () => {} }) {
  const me = config.me?.id ?? null;
  const url = config.urls.messages;
  const store = new MessageStore();
  store.seed(messages, { lastChangedSeq: config.lastChangedSeq });
  const inThisTab = (name) => new Draft({ key: `eventflow.${name}.${config.webinarId}.${me}` });
  keepUnsent({ store, kept: inThisTab("unsent") });

  const author = { authorId: me, authorName: config.me?.name ?? "", isHost: config.role !== "attendee" };
  const sender = new MessageSender({
    api,
    url,
    store,
    author,
    onRefused: (error) => error.code === "muted" && composer?.mute(Date.parse(error.until)),
    onHold: (milliseconds) => composer?.holdFor(milliseconds),
  });
  const composer = config.may.write ? wireComposer({ root, config, sender, api, draft: inThisTab("draft") }) : null;

  const announcer = new Announcer({ element: root.querySelector("[data-chat-announcer]") });
  const title = new TitleCount();
  const list = new MessageList({
    root,
    store,
    me,
    leads: config.may.moderate,
    onResend: (clientId) => sender.resend(clientId),
    onDiscard: (clientId) => store.discard(clientId),
    onUnseen,
    onFresh(entries) {
      announcer.add(entries);
      title.add(entries.length);
    },
  });
  list.adopt();
  wireMenus({ list, store, openMenu });
  followHistory({ root, api, url, store, scroller: list.place.scroller });

  new MessageSync({ api, url, store, everyMs: config.intervals.chatPollSeconds * 1000 }).join(room);
  const allow = composer ? (facts) => composer.allow(facts) : (facts) => tellReaders(root, facts);
  allow(config.facts);
  for (const type of ["webinar.state", "state"]) room.on(type, allow);
  room.on("member.muted", ({ until }) => composer?.mute(until && Date.parse(until)));
  window.addEventListener("online", () => sender.hurry());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && list.returned());
  return { store, list };
}

function wireComposer({ root, config, sender, api, draft }) {
  const composer = new Composer({
    root,
    onSend: (body) => sender.send(body),
    draft,
    limit: config.maxMessageLength,
    exempt: config.role !== "attendee",
    serverNow: () => Date.now() - api.pass.clockAhead,
  });
  composer.mute(config.mutedUntil && Date.parse(config.mutedUntil));
  new EmojiPicker({ button: root.querySelector("[data-emoji-button]"), onPick: (emoji) => composer.insert(emoji) });
  return composer;
}

/** Whoever only reads hears why: the chat is off, or it is for others to write. */
function tellReaders(root, { chatEnabled }) {
  for (const note of root.querySelectorAll("[data-when-chat]")) note.hidden = note.dataset.whenChat !== String(chatEnabled);
}

function wireMenus({ list, store, openMenu }) {
  const open = (item) => {
    const message = store.message(item.dataset.key);
    return message ? openMenu(item, message) : false;
  };
  new MessageKeys({ place: list.place, onOpen: open });
  list.list.addEventListener("click", ({ target, detail }) => {
    const more = target.closest("[data-message-more]");
    if (more && detail < 2) open(more.closest("[data-key]"));
  });
}

function followHistory({ root, api, url, store, scroller }) {
  const element = root.querySelector("[data-chat-earlier]");
  const view = new HistoryView({ element, scroller });
  const history = new History({ api, url, store, onState: (state) => view.show(state) });
  const look = () => {
    element.hidden = store.size === 0;
    history.look();
  };
  view.follow(history);
  store.subscribe(look);
  look();
}
