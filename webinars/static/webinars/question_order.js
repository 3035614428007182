/** Which questions are shown together, and in which order. */

const SHOWN_OPEN = (entry) => entry.status === "published" || (entry.status === "pending" && entry.mine);

/** What a choice of the panel shows. Hosts have a queue of all that waits; attendees see there only what they asked. */
export const FILTERS = {
  waiting: (entry) => entry.status === "pending",
  open: SHOWN_OPEN,
  answered: (entry) => entry.status === "answered",
  archived: (entry) => entry.status === "archived",
};

const byTime = (a, b) => number(b) - number(a);
const number = ({ seq }) => seq ?? Infinity;
const byVotes = (a, b) => b.votes - a.votes || number(a) - number(b);
const first = (has) => (a, b) => Number(has(b)) - Number(has(a));
const pinnedFirst = first(({ pinned }) => Boolean(pinned));
const ownWaitingFirst = first(({ status }) => status === "pending");
const byAnswer = (a, b) => Date.parse(b.answeredAt) - Date.parse(a.answeredAt) || byTime(a, b);

const chain = (...orders) => (a, b) => orders.reduce((found, order) => found || order(a, b), 0);

/** A queue is worked off from its oldest; what was put away last is looked for first. Only what is shown has votes. */
const ORDERS = {
  waiting: () => (a, b) => -byTime(a, b),
  open: (sort) => chain(pinnedFirst, ownWaitingFirst, sort === "time" ? byTime : byVotes),
  answered: (sort) => chain(pinnedFirst, sort === "time" ? byAnswer : byVotes),
  archived: () => (a, b) => b.changedSeq - a.changedSeq,
};

export const canSort = (filter) => filter === "open" || filter === "answered";

/** The entries of one choice in their order; `sort` is "votes" or "time". */
export const ordered = (entries, filter, sort) => entries.filter(FILTERS[filter]).sort(ORDERS[filter](sort));

/**
 * Brings the children of `list` into the order of `items` with few moves, and never moves `anchor`: an element that is
 * moved loses the keyboard's focus. Children that are not among `items` end up behind them.
 */
export function arrange(list, items, anchor = null) {
  let place = list.firstElementChild;
  for (const item of items) {
    while (item === anchor && place !== anchor) {
      const next = place.nextElementSibling;
      list.append(place);
      place = next;
    }
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
}
