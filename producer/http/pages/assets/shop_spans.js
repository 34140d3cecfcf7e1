// The spans of one day in which the shop is open: their times, and the day drawn as a bar.

import { el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { endOf, isWhole, minute } from "./shop_overlaps.js";

/** @typedef {[string, string]} Span */

const DAY_MINUTES = 24 * 60;
const MOST_SPANS = 4;

/**
 * Shows the spans of a day, and changes them in place.
 * @param {string} name of the day
 * @param {Span[]} spans
 * @param {{before?: () => Span[], changed?: () => void}} [neighbours] the spans of the day before,
 *   whose nights end on this one, and what is called after each change
 */
export function spansOf(name, spans, { before = () => [], changed = () => undefined } = {}) {
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.setAttribute("class", "shop-week");
  bar.setAttribute("viewBox", `0 0 ${DAY_MINUTES} 1`);
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("aria-hidden", "true");
  const list = el("div", {});
  const draw = () => {
    const nights = before().map((span) => rect(span, DAY_MINUTES));
    fill(bar, [...nights, ...spans.map((span) => rect(span, 0))]);
  };
  const drawBoth = () => {
    draw();
    changed();
  };
  const redraw = () => {
    const rows = spans.map((span, at) => row(name, span, drawBoth, () => removed(at)));
    const add = el(
      "button",
      { type: "button", class: "quiet", onclick: added },
      t("shop_hours.add"),
    );
    add.setAttribute("aria-label", t("shop_hours.add_on", { day: name }));
    const closed = el("p", { class: "quiet" }, t("shop_hours.closed"));
    fill(list, spans.length ? rows : closed, spans.length < MOST_SPANS && add);
    drawBoth();
  };
  const removed = (/** @type {number} */ at) => {
    spans.splice(at, 1);
    redraw();
    list.querySelector("button")?.focus();
  };
  const added = () => {
    spans.push(spans.length ? ["18:00", "22:00"] : ["08:00", "18:00"]);
    redraw();
    [...list.querySelectorAll("input")].at(-2)?.focus();
  };
  redraw();
  return { element: el("div", {}, bar, list), draw };
}

/**
 * @param {string} day
 * @param {Span} span
 * @param {() => void} changed
 * @param {() => void} remove
 */
function row(day, span, changed, remove) {
  const next = el("small", { class: "quiet" });
  const tellNext = () => (next.textContent = tellEnd(span));
  const time = (/** @type {0 | 1} */ at, /** @type {string} */ label) => {
    const oninput = (/** @type {any} */ event) => {
      span[at] = event.target.value;
      tellNext();
      changed();
    };
    return el("input", { type: "time", value: span[at], "aria-label": label, oninput });
  };
  tellNext();
  return el(
    "div",
    { class: "shop-span" },
    time(0, t("shop_hours.from", { day })),
    "–",
    time(1, t("shop_hours.to", { day })),
    el(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-label": t("shop_hours.remove", { day }),
        onclick: remove,
      },
      icon("close"),
    ),
    next,
  );
}

/** @param {Span} span */
function tellEnd(span) {
  const [opens, closes] = span;
  if (!isWhole(span) || closes > opens) return "";
  return closes === opens ? t("shop_hours.all_day") : t("shop_hours.next_day");
}

/**
 * Draws a span; of one of the day before, what is after midnight.
 * @param {Span} span
 * @param {number} earlier by how many minutes its day began earlier
 */
function rect(span, earlier) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const from = Math.max(0, minute(span[0]) - earlier);
  const to = isWhole(span) ? Math.min(DAY_MINUTES, endOf(span) - earlier) : 0;
  shape.setAttribute("x", String(from));
  shape.setAttribute("width", String(Math.max(0, to - from)));
  shape.setAttribute("height", "1");
  return shape;
}
