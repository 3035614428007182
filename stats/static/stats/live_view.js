/** Writes an answer of `stats/access` into the live tab. The server's HTML is what it starts from. */
import { gettext, interpolate, pageLanguage } from "../../../webinars/static/webinars/i18n.js";
import { stepTime } from "./step_time.js";

export class LiveView {
  constructor({ root, zone }) {
    this.root = root;
    this.zone = zone;
    const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    this.minute = format({ hour: "2-digit", minute: "2-digit" });
    this.second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.whole = new Intl.NumberFormat(pageLanguage());
    this.decimal = new Intl.NumberFormat(pageLanguage(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  show(statistics) {
    this.#figures(statistics);
    this.#rows("[data-timeline-rows]", statistics.timeline, (bucket) => [
      stepTime(bucket.time, { zone: this.zone, language: pageLanguage() }),
      this.decimal.format(bucket.avgParticipants),
      ...[bucket.minParticipants, bucket.maxParticipants, bucket.lastParticipants, bucket.sampleCount].map((value) =>
        this.whole.format(value),
      ),
    ]);
    this.#rows("[data-people-rows]", statistics.currentParticipantList, (person) => [
      person.displayName || "–",
      this.minute.format(new Date(person.joinedAt)),
      this.second.format(new Date(person.lastSeenAt)),
    ]);
    this.#hide("[data-people-empty]", statistics.currentParticipantList.length > 0);
    this.#hide("[data-chart-empty]", statistics.timeline.length > 0);
  }

  say(text) {
    this.root.querySelector("[data-poll-state]").textContent = text;
  }

  showClock(sentence) {
    if (sentence !== null) this.root.querySelector("[data-clock]").textContent = sentence;
  }

  #figures(statistics) {
    for (const place of this.root.querySelectorAll("[data-figure]")) {
      const name = place.dataset.figure;
      const format = name === "avgConcurrentParticipants" ? this.decimal : this.whole;
      const text = format.format(statistics[name]);
      if (place.textContent !== text) place.textContent = text;
    }
    const peak = statistics.peakTime ? this.minute.format(new Date(statistics.peakTime)) : "";
    this.root.querySelector("[data-peak-time]").textContent = peak;
    const asOf = this.second.format(new Date(statistics.asOf));
    this.root.querySelector("[data-as-of]").textContent = interpolate(gettext("As of %(time)s"), { time: asOf });
  }

  #rows(selector, items, cellsOf) {
    const body = this.root.querySelector(selector);
    body?.replaceChildren(
      ...items.map((item) => {
        const row = document.createElement("tr");
        row.append(
          ...cellsOf(item).map((text, index) => {
            const cell = document.createElement(index === 0 ? "th" : "td");
            if (index === 0) cell.scope = "row";
            cell.textContent = text;
            return cell;
          }),
        );
        return row;
      }),
    );
  }

  #hide(selector, hidden) {
    const place = this.root.querySelector(selector);
    if (place) place.hidden = hidden;
  }
}
