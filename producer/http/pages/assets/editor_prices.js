// Prices as they are typed: minor units without their currency.

import { minorDigits } from "/assets/format.js";
import { language } from "/assets/text.js";

const LARGEST_PRICE = 1_000_000;

/**
 * Writes minor units without the currency: 450 is "4.50", in German "4,50".
 * @param {number} amount
 * @param {string} currency
 */
export function priceText(amount, currency) {
  const digits = minorDigits(currency);
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  }).format(amount / 10 ** digits);
}

/**
 * Reads a price as minor units, with a point or a comma; null when it is none.
 * @param {string} text
 * @param {string} currency
 */
export function priceOf(text, currency) {
  const digits = minorDigits(currency);
  const found = /^(\d{1,7})(?:[.,](\d*))?$/.exec(text.replace(/\s/g, ""));
  const [, whole = "", part = ""] = found ?? [];
  if (!found || part.length > digits) return null;
  const amount = Number(whole + part.padEnd(digits, "0"));
  return amount <= LARGEST_PRICE ? amount : null;
}
