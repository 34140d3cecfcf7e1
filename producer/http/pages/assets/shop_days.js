// Days of the shop: what they are called, and what today is.

import { language, shared } from "/assets/text.js";

/** @typedef {import("./shop_spans.js").Span} Span */

export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const TODAY_HOURS = 2;
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

/** @param {string} date */
export function dayOf(date) {
  const at = new Date(`${date}T00:00:00Z`).getUTCDay();
  return DAYS[(at + 6) % DAYS.length] ?? "";
}
