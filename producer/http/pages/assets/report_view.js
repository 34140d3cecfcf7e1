// Shows the report of a day.

import { chart } from "/assets/chart.js";
import { byId, el, fill } from "/assets/dom.js";
import { duration, price } from "/assets/format.js";
import { language, t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {{net: number, tax: number, gross: number}} Sums */
/** @typedef {{item: string, size: string, size_name: string, name: string, quantity: number, revenue: number}} Sales */
/** @typedef {{count: number, median_seconds: number, p90_seconds: number, promised: number, kept: number}} Waits */
/** @typedef {{date: string, currency: string, ended: boolean, complete: boolean, orders: number, sold: number, remakes: number, states: Record<string, number>, hours: {begins: string, orders: number}[], items: Sales[], revenue: Sums & {rates: (Sums & {rate: string})[]}, waits: Waits | null, cancels: {reason: string | null, count: number}[]}} Report */

const FEW = 10;
/** @type {Record<string, string>} */
const names = {
  placed: t("day.waiting"),
  preparing: t("day.preparing"),
  ready: t("day.ready"),
  collected: t("day.collected"),
  canceled: t("day.canceled"),
  expired: t("day.expired"),
  failed: t("day.failed"),
};
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
const percent = new Intl.NumberFormat(language, { style: "percent" });
const long = new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone: "UTC" });
const hour = new Intl.DateTimeFormat(language, {
  hour: "numeric",
  minute: "2-digit",
  timeZone: "UTC",
});

const hours = chart({
  title: t("day.hours"),
  axis: t("day.hour"),
  write: (value) => number.format(value),
  kind: "bar",
});
byId("hours").append(hours.element);
let isWhole = false;
/** @type {Report | undefined} */
let last;
byId("all").addEventListener("click", () => {
  isWhole = true;
  if (last) showItems(last);
  byId("sold").parentElement?.focus();
});

/**
 * Writes a date as a heading.
 * @param {string} date
 */
export function dayTitle(date) {
  return long.format(new Date(`${date}T00:00:00Z`));
}

/** @param {Report} report */
export function showDay(report) {
  if (last?.date !== report.date) isWhole = false;
  last = report;
  byId("told").textContent = told(report);
  showFigures(report);
  showHours(report);
  showItems(report);
  showTax(report);
  showEnds(report);
  byId("none").hidden = report.orders > 0;
  byId("rest").hidden = report.orders === 0;
  byId("figures").removeAttribute("aria-busy");
}

/** @param {Report} report */
function told({ ended, complete }) {
  if (!ended) return t("day.running");
  return complete ? t("day.complete") : t("day.incomplete");
}

/** @param {Report} report */
function showFigures({ revenue, currency, sold, orders, items, waits }) {
  const count = items.reduce((sum, one) => sum + one.quantity, 0);
  const tax = { tax: price(revenue.tax, currency) };
  figure("revenue", price(revenue.gross, currency), t("day.revenue_note", tax));
  figure("orders", number.format(sold), t("day.orders_note", { count: orders }));
  const mean = sold ? { each: (count / sold).toFixed(1) } : null;
  const each = mean && number.format(Number(mean.each));
  figure("items", number.format(count), each ? t("day.items_note", { each }) : "");
  const most = waits ? t("day.wait_note", { time: duration(waits.p90_seconds) }) : "";
  figure("wait", waits ? duration(waits.median_seconds) : "–", most);
  const promised = waits?.promised ? waits : null;
  const kept = promised ? { kept: promised.kept, count: promised.promised } : null;
  const share = promised ? percent.format(promised.kept / promised.promised) : "–";
  figure("kept", share, kept ? t("day.kept_note", kept) : "");
}

/**
 * @param {string} id
 * @param {string} value
 * @param {string} note
 */
function figure(id, value, note) {
  const [first, second] = byId(id).querySelectorAll("p");
  if (first) first.textContent = value;
  if (second) second.textContent = note || "\u00a0";
}

/** From an hour before the first order to that of the last, which the legend shows. @param {Report} report */
function showHours({ hours: all }) {
  const first = all.findIndex(({ orders }) => orders > 0);
  const end = all.findLastIndex(({ orders }) => orders > 0);
  const some = all.slice(Math.max(0, first - 1), end + 1);
  hours.draw({
    // The shop's clocks have shown this, whatever zone it is in by now.
    labels: some.map(({ begins }) => hour.format(new Date(`${begins.slice(0, 19)}Z`))),
    series: [{ name: t("day.placed"), values: some.map(({ orders }) => orders) }],
  });
}

/** @param {Report} report */
function showItems({ items, currency }) {
  const most = Math.max(1, ...items.map(({ revenue }) => revenue));
  const rows = (isWhole ? items : items.slice(0, FEW)).map((one) => {
    const bar = el("i", { class: "share", "aria-hidden": "true" });
    bar.style.inlineSize = `${(one.revenue / most) * 100}%`;
    const size = el("span", { class: "quiet small" }, ` ${visible(one.size_name)}`);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, visible(one.name), size, bar),
      el("td", { class: "end" }, number.format(one.quantity)),
      el("td", { class: "end" }, price(one.revenue, currency)),
    );
  });
  const head = [t("day.item"), t("day.quantity"), t("day.revenue")];
  fill(byId("sold"), heading(head), el("tbody", {}, rows));
  byId("all").hidden = isWhole || items.length <= FEW;
}

/** @param {Report} report */
function showTax({ revenue, currency }) {
  const row = (/** @type {string} */ name, /** @type {Sums} */ { net, tax, gross }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, name),
      [net, tax, gross].map((one) => el("td", { class: "end" }, price(one, currency))),
    );
  const rate = (/** @type {string} */ text) => `${number.format(Number(text))} %`;
  const rows = revenue.rates.map((one) => row(rate(one.rate), one));
  const head = [t("day.rate"), t("day.net"), t("day.tax"), t("day.gross")];
  fill(byId("tax"), heading(head), el("tbody", {}, rows, row(t("day.sum"), revenue)));
}

/** @param {string[]} names */
function heading([first = "", ...others]) {
  const column = (/** @type {string} */ name, /** @type {string} */ side) =>
    el("th", { scope: "col", class: side }, name);
  return el(
    "thead",
    {},
    el(
      "tr",
      {},
      column(first, ""),
      others.map((one) => column(one, "end")),
    ),
  );
}

/** @param {Report} report */
function showEnds({ states, remakes, cancels }) {
  const ends = Object.entries(states).filter(([, count]) => count > 0);
  const rows = ends.map(([state, count]) => row(names[state] ?? state, count));
  const again = el("li", { class: "quiet small" }, t("day.remakes", { count: remakes }));
  fill(byId("states"), rows, remakes > 0 && again);
  const reasons = cancels.map(({ reason, count }) =>
    row(reason === null ? t("day.no_reason") : visible(reason), count),
  );
  const none = el("li", { class: "quiet" }, t("day.no_cancels"));
  fill(byId("cancels"), reasons.length ? reasons : none);
}

/**
 * @param {string} name
 * @param {number} count
 */
function row(name, count) {
  return el("li", {}, el("span", {}, name), el("strong", { class: "end" }, number.format(count)));
}
