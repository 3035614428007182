/**
 * Where later apps plug into the live page: their module asks for the page and gets it when it is
 * ready, in whatever order the scripts arrive.
 *
 * The page is {config, api, pass, page}; `page` is an EventTarget with "superseded", "taken-back",
 * "left" (for good: banned, closed, signed out) and "presence-stopped".
 */
let announce;
const ready = new Promise((resolve) => (announce = resolve));

export const announceLivePage = (parts) => announce(parts);
export const whenLivePageIsReady = (use) => ready.then(use);
