// The card of one order.

import { el } from "/assets/dom.js";
import { duration } from "/assets/format.js";
import { stored } from "/assets/store.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { allergenName } from "./allergens.js";

/** @typedef {{id: string, item: string, name: string, size: string, modifiers: string[], quantity: number, note: string | null}} Line */
/** @typedef {{id: string, number: string, state: string, attempt: number, in_hand: boolean, customer_name: string, items: Line[], placed_at: string, remake_of: string | null, serve: string | null}} KitchenOrder */
/** @typedef {{name: string, allergens: string[], sizes: {id: string, name: string}[], modifiers: {id: string, name: string, allergens: string[]}[]}} MenuItem */
/** @typedef {{done: (order: KitchenOrder) => void, cancel: (order: KitchenOrder) => void, seen: (order: KitchenOrder) => void}} Does */

/** @type {import("/assets/store.js").Stored<Record<string, string[]>>} */
export const crossed = stored("kitchen-lines", {}, isLines);

/**
 * @param {KitchenOrder} order
 * @param {Map<string, MenuItem>} menu
 * @param {boolean} byPeople
 * @param {Does} does
 */
export function card(order, menu, byPeople, does) {
  const isCanceled = order.state === "canceled";
  const title = el("h3", {}, visible(order.number));
  const marks = [
    order.remake_of && el("span", { class: "badge bad" }, t("kitchen.remake")),
    isCanceled && el("span", { class: "badge bad" }, t("kitchen.canceled")),
    order.serve &&
      el("span", { class: "badge" }, t(order.serve === "here" ? "kitchen.here" : "kitchen.away")),
  ];
  const lines = order.items.map((line) => lineButton(order, line, menu.get(line.item)));
  const seen = el(
    "button",
    { class: "primary", onclick: () => does.seen(order) },
    t("kitchen.seen"),
  );
  const done = el(
    "button",
    { class: "primary", onclick: () => does.done(order) },
    t("kitchen.done"),
  );
  const cancel = el(
    "button",
    { class: "quiet", onclick: () => does.cancel(order) },
    t("kitchen.cancel"),
  );
  done.disabled = !order.in_hand;
  return el(
    "article",
    {
      class: `card order${isCanceled ? " canceled" : ""}`,
      tabindex: "0",
      "aria-label": t("kitchen.order", { number: visible(order.number) }),
      dataset: { id: order.id },
    },
    el("header", {}, title, el("span", { class: "age", dataset: { at: order.placed_at } })),
    el("p", { class: "who" }, visible(order.customer_name), marks),
    el("ul", {}, lines),
    el("footer", {}, isCanceled ? seen : [cancel, byPeople && done]),
  );
}

/**
 * @param {KitchenOrder} order
 * @param {Line} line
 * @param {MenuItem | undefined} item
 */
function lineButton(order, line, item) {
  const size = item?.sizes.find(({ id }) => id === line.size)?.name ?? line.size;
  const extras = line.modifiers.map((id) => item?.modifiers.find((one) => one.id === id));
  const names = line.modifiers.map((id, at) => extras[at]?.name ?? id);
  const allergens = new Set([
    ...(item?.allergens ?? []),
    ...extras.flatMap((extra) => extra?.allergens ?? []),
  ]);
  const button = el(
    "button",
    { type: "button", "aria-pressed": isCrossed(order.id, line.id) ? "true" : "false" },
    el("b", {}, `${line.quantity} × ${visible(line.name)}`),
    ` ${visible(size)}`,
    names.map((name) => el("span", { class: "extra" }, visible(name))),
    line.note && el("span", { class: "note" }, `“${visible(line.note)}”`),
    allergens.size > 0 &&
      el("span", { class: "allergens" }, [...allergens].map(allergenName).join(", ")),
  );
  button.onclick = () => {
    const lines = crossed.get()[order.id] ?? [];
    const next = lines.includes(line.id)
      ? lines.filter((id) => id !== line.id)
      : [...lines, line.id];
    crossed.set({ ...crossed.get(), [order.id]: next });
    button.setAttribute("aria-pressed", String(next.includes(line.id)));
  };
  return el("li", {}, button);
}

/**
 * Writes the age of a card, and marks it when it is old.
 * @param {HTMLElement} article
 * @param {{warn: number, late: number}} minutes
 */
export function showAge(article, { warn, late }) {
  const age = article.querySelector(".age");
  if (!(age instanceof HTMLElement)) return;
  const seconds = (Date.now() - new Date(age.dataset["at"] ?? "").getTime()) / 1000;
  const text = duration(seconds);
  if (age.textContent !== text) age.textContent = text;
  const look = seconds >= late * 60 ? "late" : seconds >= warn * 60 ? "warn" : "";
  if (article.dataset["age"] !== look) article.dataset["age"] = look;
}

/**
 * @param {string} order
 * @param {string} line
 */
function isCrossed(order, line) {
  return (crossed.get()[order] ?? []).includes(line);
}

/**
 * @param {unknown} read
 * @returns {read is Record<string, string[]>}
 */
function isLines(read) {
  return (
    typeof read === "object" &&
    read !== null &&
    Object.values(read).every((one) => Array.isArray(one))
  );
}
