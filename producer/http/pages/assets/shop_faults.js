// What is wrong with the hours of a shop, as they are typed; loaded when they are saved.

import { t } from "/assets/text.js";
import { dayOf, DAYS } from "./shop_days.js";
import { isWhole, overlapOf } from "./shop_overlaps.js";

/** @typedef {import("./shop_spans.js").Span} Span */
/** @typedef {import("./shop_hours.js").Hours} Hours */

const DAY_MS = 24 * 3_600_000;

/**
 * Says what is wrong with hours; `dates` are those that are typed, which may be there twice.
 * @param {Hours} hours
 * @param {string[]} dates
 */
export function hoursFaults(hours, dates) {
  /** @type {import("./shop_form.js").Faults} */
  const faults = {};
  const { weekdays, always_open: isAlways, exceptions } = hours;
  const week = isAlways ? null : weekdays;
  const all = DAYS.map((_, at) => week?.[DAYS[at] ?? ""] ?? []);
  for (const [at, day] of DAYS.entries()) {
    const text = faultOf(all[at] ?? [], all[(at + 1) % DAYS.length] ?? []);
    if (text) faults[`weekdays/${day}`] = text;
  }
  const spansOn = (/** @type {string} */ date) => exceptions[date] ?? week?.[dayOf(date)] ?? [];
  for (const date of Object.keys(exceptions)) {
    const before = spansOn(shifted(date, -1));
    const night = before.filter(([opens, closes]) => closes <= opens);
    const text =
      faultOf(exceptions[date] ?? [], spansOn(shifted(date, 1))) ||
      faultOf(night, exceptions[date] ?? []);
    if (text) faults[`exceptions/${date}`] = text;
  }
  if (dates.includes("")) faults["exceptions"] = t("shop_hours.no_date");
  else if (new Set(dates).size < dates.length) faults["exceptions"] = t("shop_hours.twice");
  return faults;
}

/**
 * @param {Span[]} spans
 * @param {Span[]} next
 */
function faultOf(spans, next) {
  if (!spans.every(isWhole)) return t("shop_hours.no_time");
  const found = overlapOf(spans, next);
  if (!found) return "";
  const values = { one: found.one.join("–"), other: found.other.join("–") };
  return found.isNextDay ? t("shop_hours.overlap_next", values) : t("shop_hours.overlap", values);
}

/**
 * @param {string} date
 * @param {number} days
 */
function shifted(date, days) {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? "" : new Date(time + days * DAY_MS).toISOString().slice(0, 10);
}
