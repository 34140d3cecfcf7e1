// How old orders are, and what is new about them: each is to be seen and, if wanted, to be heard.

import { duration } from "/assets/format.js";
import { t } from "/assets/text.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {"new" | "changed" | "canceled"} Change */
/** @typedef {{warn: number, late: number}} Minutes */

const MINUTE_MS = 60_000;
const MARKED_MS = 20_000;
/** Of several at once, the first one is heard. */
export const LOUDEST_FIRST = /** @type {const} */ (["canceled", "changed", "new"]);

/**
 * Says how an order's age is to be looked at. Where more time was promised than the shop's minutes
 * allow for, the promise counts.
 * @param {{placed_at: string, promised_at?: string | null}} order
 * @param {Minutes} minutes
 * @param {number} now
 * @returns {"" | "warn" | "late"}
 */
export function ageOf({ placed_at: placed, promised_at: promised }, { warn, late }, now) {
  const lateAt = Math.max(
    Date.parse(placed) + late * MINUTE_MS,
    promised ? Date.parse(promised) : -Infinity,
  );
  if (now >= lateAt) return "late";
  return now >= lateAt - (late - warn) * MINUTE_MS ? "warn" : "";
}

/**
 * Writes the age of an order on its card; tells whether it has become late by that.
 * @param {HTMLElement} article
 * @param {KitchenOrder} order
 * @param {Minutes} minutes
 */
export function showAge(article, order, minutes) {
  const now = Date.now();
  const age = article.querySelector(".age");
  const look = order.state === "canceled" ? "" : ageOf(order, minutes, now);
  const span = duration((now - Date.parse(order.placed_at)) / 1000);
  const text = look === "late" ? t("kitchen.late", { age: span }) : span;
  if (age && age.textContent !== text) age.textContent = text;
  const before = article.dataset["age"];
  if (before !== look) article.dataset["age"] = look;
  return look === "late" && before !== undefined && before !== look;
}

/**
 * Says what is new about an order since it was shown last.
 * @param {KitchenOrder | undefined} before
 * @param {KitchenOrder} now
 * @returns {Change | null}
 */
export function changeOf(before, now) {
  if (!before) return now.state === "canceled" ? "canceled" : "new";
  if (before.state !== now.state && now.state === "canceled") return "canceled";
  const isTakenOver = before.attempt > 0 && before.attempt !== now.attempt;
  const isOther = JSON.stringify(before.items) !== JSON.stringify(now.items);
  return isTakenOver || isOther || before.serve !== now.serve ? "changed" : null;
}

/**
 * Marks a card for some time by what is new about it.
 * @param {HTMLElement} article
 * @param {Change | undefined} change
 * @param {number} since
 */
export function mark(article, change, since) {
  const badge = article.querySelector(".change");
  const isShown = change !== undefined && change !== "canceled" && Date.now() < since + MARKED_MS;
  article.classList.toggle("fresh", isShown);
  if (!(badge instanceof HTMLElement)) return;
  badge.hidden = !isShown;
  if (isShown) badge.textContent = t(change === "new" ? "kitchen.new" : "kitchen.changed");
}
