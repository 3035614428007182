/** What a moderator has beside the chat: a menu for each message, the room's settings, the notice's end. */
import { confirmed } from "./confirm_dialog.js";
import { interpolate, gettext } from "./i18n.js";
import { Menu } from "./menu.js";
import { Moderation, messageActs } from "./moderation.js";
import { RoomSettings } from "./room_settings.js";

/**
 * - `root`: the positioned element around the messages, in which menus open
 * - `settings`: {dialog, button} of `parts/room_settings.html`, if any; `unpin`: a button that takes the notice away, if any
 * - `onMessage(message)`: a message as it is after an act
 *
 * Answers `openMenu(item, message)` for mountChat.
 */
export function mountModeration({ root, config, api, room, toasts, settings = null, unpin = null, onMessage }) {
  const { urls, me, adminMode: outranks, notice } = config;
  const moderation = new Moderation({ api, urls, toasts, confirm: confirmed, onMessage, notice });
  moderation.join(room);
  unpin?.addEventListener("click", ({ detail }) => detail < 2 && moderation.unpin());
  if (settings) new RoomSettings({ ...settings, api, urls, toasts, notice: () => moderation.notice });
  const menu = new Menu({ root });

  return (item, message) => {
    const items = messageActs(message, { me: me.id, outranks, notice: moderation.notice, moderation });
    if (!items.length) return false;
    const anchor = item.querySelector("[data-message-more]");
    const scroller = item.closest("[data-chat-scroller]");
    menu.open({
      anchor,
      title: interpolate(gettext("Message by %(name)s"), { name: message.authorName }),
      items,
      onClose: () => (item.isConnected ? item : scroller).focus({ preventScroll: true }),
    });
    return true;
  };
}
