// Prices, times and spans of time, as the page's language writes them.

import { language, shared } from "./text.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The shop's time zone: a customer on a journey reads when the shop opens there. */
const inZone = zoneOptions(shared["timezone"]);
const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", ...inZone });
const date = new Intl.DateTimeFormat(language, {
  weekday: "short",
  day: "numeric",
  month: "short",
  ...inZone,
});
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });

/** @type {Map<string, Intl.NumberFormat>} */
const currencies = new Map();

/**
 * Writes minor units of a currency: `price(520, "EUR")` is €5.20, in German 5,20 €.
 * @param {number} amount
 * @param {string} currency
 */
export function price(amount, currency) {
  let format = currencies.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(language, { style: "currency", currency });
    currencies.set(currency, format);
  }
  return format.format(amount / 10 ** minorDigits(currency));
}

/**
 * Returns how many digits the minor units of a currency have, as the shop counts them: those of
 * ISO 4217, from which some currencies' tables in browsers differ.
 * @param {string} currency
 */
export function minorDigits(currency) {
  if (["BHD", "KWD", "TND"].includes(currency)) return 3;
  return ["CLP", "ISK", "JPY", "KRW", "VND"].includes(currency) ? 0 : 2;
}

/** @param {string | Date} when */
export function clockTime(when) {
  return time.format(new Date(when));
}

/** @param {string | Date} when */
export function day(when) {
  return date.format(new Date(when));
}

/**
 * Says how far away a time is: "in 3 min", "2 hr. ago".
 * @param {string | Date} when
 * @param {Date} [now]
 */
export function fromNow(when, now = new Date()) {
  const seconds = (new Date(when).getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < MINUTE) return relative.format(Math.round(seconds), "second");
  if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(seconds / HOUR), "hour");
  return relative.format(Math.round(seconds / DAY), "day");
}

/**
 * Writes a span as a clock does: `duration(75)` is 1:15.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")}`;
}

/**
 * @param {unknown} timeZone which the browser's own tables may lack
 * @returns {{timeZone?: string}}
 */
function zoneOptions(timeZone) {
  if (typeof timeZone !== "string") return {};
  try {
    new Intl.DateTimeFormat(language, { timeZone });
    return { timeZone };
  } catch {
    return {};
  }
}
