/** The console's charts: drawn, read, saved; and kept moving while the webinar runs. */
import { fetchAnswer, ApiError } from "../../../webinars/static/webinars/api_client.js";
import { gettext, interpolate } from "../../../webinars/static/webinars/i18n.js";
import { csvOf, fileName, save } from "./chart_files.js";
import { pictureOf } from "./chart_picture.js";
import { isEmpty } from "./chart_spec.js";
import { chartTexts } from "./chart_texts.js";
import { keepDefinitionsInSight } from "./definitions.js";
import { FigureChart } from "./figure_chart.js";
import { StatisticsPoller } from "./statistics_poller.js";

const TIMEOUT_MS = 10_000;
const root = document.getElementById("statistics-tab");
const config = JSON.parse(document.getElementById("statistics-config").textContent);
const panels = new Map();

class Panel {
  constructor(section) {
    this.section = section;
    this.drawing = new FigureChart({
      place: section.querySelector("[data-plot]"),
      said: section.querySelector("[data-said]"),
      zone: config.zone,
    });
    section.querySelector("[data-save=picture]").addEventListener("click", () => this.savePicture());
    section.querySelector("[data-save=data]").addEventListener("click", () => this.saveData());
  }

  /** The server's page has the first rows already. */
  show(chart, { writeRows }) {
    this.chart = chart;
    const empty = isEmpty(chart);
    this.section.querySelector("[data-chart-files]").hidden = empty;
    this.section.querySelector("[data-chart-empty]").hidden = !empty;
    this.section.querySelector("[data-hint]").hidden = empty;
    this.drawing.show(chart);
    if (writeRows) this.section.querySelector("[data-chart-rows]").replaceChildren(...rowsOf(chart));
  }

  async savePicture() {
    const font = getComputedStyle(root).fontFamily;
    const { webinar, zone } = config;
    save(await pictureOf(this.chart, { webinar, zone, font }), fileName([config.slug, this.chart.name], "png"));
  }

  saveData() {
    const file = new Blob([csvOf(this.chart)], { type: "text/csv;charset=utf-8" });
    save(file, fileName([config.slug, this.chart.name], "csv"));
  }
}

function rowsOf(chart) {
  const texts = chartTexts(chart, config.zone);
  return chart.rows.map((row) => {
    const line = document.createElement("tr");
    line.append(
      ...texts.cells(row).map((text, index) => {
        const cell = document.createElement(index === 0 ? "th" : "td");
        if (index === 0) cell.scope = "row";
        cell.textContent = text;
        return cell;
      }),
    );
    return line;
  });
}

async function ask() {
  const request = { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
  const response = await fetchAnswer(fetch, config.url, request);
  // Signed out, the console leads to the door.
  if (response.type === "opaqueredirect") throw new ApiError({ status: 401, code: "signed_out", message: "" });
  if (!response.ok) throw new ApiError({ status: response.status, code: "refused", message: "" });
  return response.json();
}

function accept(answer) {
  // Started or ended elsewhere: the page's head no longer fits.
  if (answer.state !== root.dataset.state) return location.reload();
  for (const chart of answer.charts) panels.get(chart.name)?.show(chart, { writeRows: true });
  for (const place of root.querySelectorAll("[data-figure]")) {
    const text = answer.figures[place.dataset.figure];
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: config.zone, timeStyle: "medium" });
  const time = clock.format(new Date(answer.asOf));
  const asOf = interpolate(gettext("As of %(time)s"), { time });
  for (const place of root.querySelectorAll("[data-as-of]")) place.textContent = asOf;
  return say("");
}

const say = (text) => {
  const place = root.querySelector("[data-poll-state]");
  if (place.textContent !== text) place.textContent = text;
};

function tellTrouble(_error, { final }) {
  say(
    final
      ? gettext("The numbers have stopped: you are signed out, or this webinar is no longer yours. Open the page again.")
      : gettext("We can't reach the server. The numbers stand still and go on by themselves."),
  );
}

for (const section of root.querySelectorAll("[data-chart]")) panels.set(section.dataset.chart, new Panel(section));
for (const chart of config.charts) panels.get(chart.name)?.show(chart, { writeRows: false });
keepDefinitionsInSight();

if (config.live) {
  const poller = new StatisticsPoller({ ask, onAnswer: accept, onTrouble: tellTrouble });
  poller.start(config.nextPollSeconds);
  const noticeVisibility = () => poller.setVisible(document.visibilityState === "visible");
  noticeVisibility();
  document.addEventListener("visibilitychange", noticeVisibility);
}
