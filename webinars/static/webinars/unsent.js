/**
 * Messages that were not stored when the page was reloaded come back with it, to be sent again or discarded. They keep
 * their client id, so one that was stored after all is not doubled.
 */
import { gettext } from "./i18n.js";

/** `kept` has get() and set(text), like a Draft. Messages that the store holds already were sent. */
export function keepUnsent({ store, kept }) {
  const sent = new Set(store.entries().map(({ authorId, clientId }) => `${authorId} ${clientId}`));
  for (const entry of read(kept.get())) {
    if (sent.has(`${entry.authorId} ${entry.clientId}`)) continue;
    store.addPending(entry);
    store.setPending(entry.clientId, "failed", gettext("Not sent when the page was reloaded."));
  }
  const keep = () => kept.set(store.unsent.length ? JSON.stringify(store.unsent) : "");
  keep();
  store.subscribe(keep);
}

function read(text) {
  try {
    const entries = JSON.parse(text || "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}
