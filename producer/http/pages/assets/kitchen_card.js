// The card of one order.

import { el } from "/assets/dom.js";
import { clockTime } from "/assets/format.js";
import { stored } from "/assets/store.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { allergenName, contents } from "./allergens.js";

/** @typedef {{id: string, item: string, name: string, size: string, modifiers: string[], quantity: number, note: string | null}} Line */
/** @typedef {{id: string, number: string, state: string, attempt: number, in_hand?: boolean, customer_name: string, items: Line[], placed_at: string, promised_at?: string | null, remake_of: string | null, remake_for?: string | null, serve: string | null, cancel_reason?: string | null}} KitchenOrder */
/** @typedef {Pick<import("./menu.js").Item, "name" | "sizes" | "modifiers" | "allergens" | "may_contain">} MenuItem */
/** @typedef {{done: (order: KitchenOrder) => void, cancel: (order: KitchenOrder) => unknown, seen: (order: KitchenOrder) => void}} Does */

/** Lines that were crossed off on this device, by order. */
export const crossed = stored(
  "kitchen-lines",
  /** @type {Record<string, string[]>} */ ({}),
  isLines,
);

/**
 * @param {KitchenOrder} order
 * @param {Map<string, MenuItem>} menu
 * @param {boolean} byPeople
 * @param {Does} does
 */
export function card(order, menu, byPeople, does) {
  const isCanceled = order.state === "canceled";
  const isInLine = byPeople && order.state === "placed";
  const number = visible(order.number);
  const count = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
  const facts = [
    el("span", { class: "badge accent change", hidden: true }),
    order.remake_of && el("span", { class: "badge bad again" }, remakeText(order)),
    isCanceled && el("span", { class: "badge bad" }, t("kitchen.canceled")),
    isInLine && el("span", { class: "badge" }, t("kitchen.in_line")),
    order.serve &&
      el("span", { class: "badge" }, t(order.serve === "here" ? "kitchen.here" : "kitchen.away")),
    el("span", {}, t("kitchen.count", { count })),
    order.promised_at &&
      el("span", {}, t("kitchen.promised", { time: clockTime(order.promised_at) })),
  ];
  /** @type {(kind: string, text: string, act: () => unknown) => HTMLButtonElement} */
  const button = (kind, text, act) => el("button", { class: kind, onclick: act }, text);
  const done = button("primary", t("kitchen.done"), () => does.done(order));
  done.disabled = !order.in_hand;
  return el(
    "article",
    {
      class: `card order${isCanceled ? " canceled" : isInLine ? " in-line" : ""}`,
      tabindex: "0",
      "aria-label": t("kitchen.order", { number }),
      dataset: { id: order.id },
    },
    el("header", {}, el("h3", {}, number), el("span", { class: "age" })),
    el("p", { class: "who" }, el("strong", {}, visible(order.customer_name)), facts),
    order.cancel_reason && el("p", { class: "why" }, visible(order.cancel_reason)),
    el(
      "ul",
      {},
      merged(order.items).map((line) => lineButton(order, line, menu.get(line.item))),
    ),
    el(
      "footer",
      {},
      isCanceled
        ? button("primary", t("kitchen.seen"), () => does.seen(order))
        : [
            button("quiet", t("kitchen.cancel"), () => does.cancel(order)),
            byPeople && !isInLine && done,
          ],
    ),
  );
}

/** @param {KitchenOrder} order */
function remakeText({ remake_for: first }) {
  return first ? t("kitchen.remake_for", { number: visible(first) }) : t("kitchen.remake");
}

/**
 * Makes one line of those that are made alike; it has the ids of all.
 * @param {Line[]} lines
 */
function merged(lines) {
  /** @type {Map<string, Line & {ids: string[]}>} */
  const kinds = new Map();
  for (const line of lines) {
    const kind = JSON.stringify([line.item, line.name, line.size, line.modifiers, line.note]);
    const known = kinds.get(kind) ?? { ...line, quantity: 0, ids: [] };
    const ids = [...known.ids, line.id];
    kinds.set(kind, { ...known, quantity: known.quantity + line.quantity, ids });
  }
  return [...kinds.values()];
}

/**
 * @param {KitchenOrder} order
 * @param {Line & {ids: string[]}} line
 * @param {MenuItem | undefined} item
 */
function lineButton(order, line, item) {
  const size = item?.sizes.find(({ id }) => id === line.size)?.name ?? line.size;
  const names = line.modifiers.map(
    (id) => item?.modifiers.find((one) => one.id === id)?.name ?? id,
  );
  const { contains, traces } = item ? contents(item, line.modifiers) : { contains: [], traces: [] };
  const named = (/** @type {string[]} */ ids) => ids.map(allergenName).join(", ");
  const isCrossed = () => line.ids.every((id) => crossed.get()[order.id]?.includes(id));
  const button = el(
    "button",
    { type: "button", "aria-pressed": String(isCrossed()) },
    el("b", {}, `${line.quantity} ×`),
    el(
      "span",
      {},
      el("span", { class: "what" }, `${visible(line.name)} `, el("small", {}, visible(size))),
      names.map((name) => el("span", { class: "extra" }, visible(name))),
      line.note && el("span", { class: "note" }, `“${visible(line.note)}”`),
      contains.length > 0 && el("span", { class: "allergens" }, named(contains)),
      traces.length > 0 &&
        el("span", { class: "allergens" }, t("kitchen.traces", { allergens: named(traces) })),
    ),
  );
  button.onclick = () => {
    const others = (crossed.get()[order.id] ?? []).filter((id) => !line.ids.includes(id));
    const lines = isCrossed() ? others : [...others, ...line.ids];
    crossed.set({ ...crossed.get(), [order.id]: lines });
    button.setAttribute("aria-pressed", String(isCrossed()));
  };
  return el("li", {}, button);
}

/** @param {Set<string>} open ids of the orders whose crossed lines are still of use */
export function forgetCrossed(open) {
  const lines = Object.entries(crossed.get());
  const kept = lines.filter(([id]) => open.has(id));
  if (kept.length < lines.length) crossed.set(Object.fromEntries(kept));
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
