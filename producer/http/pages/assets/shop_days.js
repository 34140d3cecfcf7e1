// Days of the shop: what they are called, what today is, and what is wrong with their hours.

import { language, shared, t } from "/assets/text.js";
import { isWhole, overlapOf } from "./shop_overlaps.js";

/** @typedef {import("./shop_spans.js").Span} Span */
/** @typedef {import("./shop_hours.js").Hours} Hours */

export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const TODAY_HOURS = 2;
const DAY_MS = 24 * 3_600_000;
const names = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });

/** Names the weekdays, Monday first, as 1 January 2024 was. */
export function dayNames() {
  return DAYS.map((_, at) => names.format(Date.UTC(2024, 0, 1 + at)));
}

/**
 * Makes the week that a shop that was always open begins with.
 * @returns {Record<string, Span[]>}
 */
export function usualWeek() {
  return Object.fromEntries(DAYS.map((day) => [day, [["08:00", "18:00"]]]));
}

/** Returns the date and the time in the shop's time zone, and a time some hours later. */
export function today(now = new Date()) {
  const zone = typeof shared["timezone"] === "string" ? shared["timezone"] : "UTC";
  const text = (/** @type {Date} */ when) => when.toLocaleString("sv-SE", { timeZone: zone });
  const [date = "", time = ""] = text(now).split(" ");
  const [, later = ""] = text(new Date(now.getTime() + TODAY_HOURS * 3_600_000)).split(" ");
  return { date, day: dayOf(date), time: time.slice(0, 5), later: later.slice(0, 5) };
}

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

/** @param {string} date */
function dayOf(date) {
  const at = new Date(`${date}T00:00:00Z`).getUTCDay();
  return DAYS[(at + 6) % DAYS.length] ?? "";
}

/**
 * @param {string} date
 * @param {number} days
 */
function shifted(date, days) {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? "" : new Date(time + days * DAY_MS).toISOString().slice(0, 10);
}
