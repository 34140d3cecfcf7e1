// The opening hours: by weekday, by date in their place, or always open.

import { el, fill } from "/assets/dom.js";
import { language, t } from "/assets/text.js";
import { documentForm, errorPlace } from "./shop_form.js";
import { spansOf } from "./shop_spans.js";

/** @typedef {import("./shop_spans.js").Span} Span */
/** @typedef {{date: string, spans: Span[]}} Exception */

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const weekday = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });

/**
 * @param {import("./shop_document.js").ShopDocument} document
 * @param {() => unknown} saved
 */
export function hoursCard(document, saved) {
  /** @type {Record<string, Span[]>} */
  let week = {};
  /** @type {Exception[]} */
  let exceptions = [];
  const always = el("input", { type: "checkbox", class: "switchbox" });
  const days = el("div", {});
  const dates = el("div", {});
  const place = errorPlace("exceptions");
  always.onchange = () => (days.hidden = always.checked);
  const drawDates = () => {
    const rows = exceptions.map((one) =>
      exceptionRow(one, () => {
        exceptions = exceptions.filter((other) => other !== one);
        drawDates();
      }),
    );
    const add = () => {
      exceptions.push({ date: "", spans: [] });
      drawDates();
      [...dates.querySelectorAll("input")].findLast((input) => input.type === "date")?.focus();
    };
    fill(dates, rows, addButton(add));
  };
  const fields = (/** @type {any} */ value) => {
    week = weekOf(value.weekdays);
    exceptions = Object.entries(structuredClone(value.exceptions)).map(([date, spans]) => ({
      date,
      spans,
    }));
    always.checked = value.weekdays === null;
    days.hidden = always.checked;
    fill(
      days,
      DAYS.map((day, at) => dayRow(day, dayName(at), week[day] ?? [])),
    );
    drawDates();
    return [
      el("label", { class: "check" }, always, t("shop_hours.always")),
      days,
      el("h3", {}, t("shop_hours.dates")),
      el("p", { class: "quiet" }, t("shop_hours.dates_text")),
      dates,
      place,
    ];
  };
  const typed = () => {
    const names = exceptions.map(({ date }) => date);
    if (names.includes("")) place.textContent = t("shop_hours.no_date");
    else if (new Set(names).size < names.length) place.textContent = t("shop_hours.twice");
    if (place.textContent) return null;
    return {
      weekdays: always.checked ? null : week,
      exceptions: Object.fromEntries(exceptions.map(({ date, spans }) => [date, spans])),
    };
  };
  return documentForm({ title: t("shop_hours.title"), document, fields, typed, saved });
}

/** @param {() => void} onclick */
function addButton(onclick) {
  return el("button", { type: "button", class: "quiet", onclick }, t("shop_hours.add_date"));
}

/**
 * Copies the spans of a week; of a shop that is always open, those to begin with.
 * @param {Record<string, Span[]> | null} week
 * @returns {Record<string, Span[]>}
 */
function weekOf(week) {
  /** @type {Span[]} */
  const usual = [["08:00", "18:00"]];
  const spans = (/** @type {string} */ day) => (week ? (week[day] ?? []) : usual);
  return Object.fromEntries(DAYS.map((day) => [day, structuredClone(spans(day))]));
}

/** @param {number} at 0 is Monday, as 1 January 2024 was */
function dayName(at) {
  return weekday.format(Date.UTC(2024, 0, 1 + at));
}

/**
 * @param {string} day
 * @param {string} name
 * @param {Span[]} spans
 */
function dayRow(day, name, spans) {
  const body = el("div", {}, spansOf(name, spans), errorPlace(`weekdays/${day}`));
  return el(
    "div",
    { class: "shop-day", role: "group", "aria-label": name },
    el("strong", {}, name),
    body,
  );
}

/**
 * @param {Exception} exception
 * @param {() => void} remove
 */
function exceptionRow(exception, remove) {
  const oninput = (/** @type {any} */ event) => (exception.date = event.target.value);
  const label = t("shop_hours.date");
  const date = el("input", { type: "date", value: exception.date, "aria-label": label, oninput });
  const drop = el(
    "button",
    { type: "button", class: "quiet", onclick: remove },
    t("shop_hours.drop"),
  );
  return el(
    "div",
    { class: "shop-day" },
    el("div", {}, date),
    el("div", {}, spansOf(exception.date || label, exception.spans), drop),
  );
}
