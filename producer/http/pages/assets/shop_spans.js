// The spans of one day in which the shop is open: their times, and the day drawn as a bar.

import { el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";

/** @typedef {[string, string]} Span */

const DAY_MINUTES = 24 * 60;
const MOST_SPANS = 4;

/**
 * Shows the spans of a day, and changes them in place.
 * @param {string} name of the day
 * @param {Span[]} spans
 */
export function spansOf(name, spans) {
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bar.setAttribute("class", "shop-week");
  bar.setAttribute("viewBox", `0 0 ${DAY_MINUTES} 1`);
  bar.setAttribute("preserveAspectRatio", "none");
  bar.setAttribute("aria-hidden", "true");
  const list = el("div", {});
  const draw = () => {
    fill(bar, spans.map(rect));
  };
  const redraw = () => {
    const rows = spans.map((span, at) => row(name, span, draw, () => removed(at)));
    const add = el(
      "button",
      { type: "button", class: "quiet", onclick: added },
      t("shop_hours.add"),
    );
    add.setAttribute("aria-label", t("shop_hours.add_on", { day: name }));
    const closed = el("p", { class: "quiet" }, t("shop_hours.closed"));
    fill(list, spans.length ? rows : closed, spans.length < MOST_SPANS && add);
    draw();
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
  return el("div", {}, bar, list);
}

/**
 * @param {string} day
 * @param {Span} span
 * @param {() => void} changed
 * @param {() => void} remove
 */
function row(day, span, changed, remove) {
  const next = el("small", { class: "quiet" });
  const tellNext = () => (next.textContent = isPastMidnight(span) ? t("shop_hours.next_day") : "");
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
function isPastMidnight([opens, closes]) {
  return opens !== "" && closes !== "" && closes <= opens;
}

/** @param {Span} span */
function rect(span) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const from = minute(span[0]);
  const to = isPastMidnight(span) ? DAY_MINUTES : minute(span[1]);
  shape.setAttribute("x", String(from));
  shape.setAttribute("width", String(Math.max(0, to - from)));
  shape.setAttribute("height", "1");
  return shape;
}

/** @param {string} time */
function minute(time) {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
