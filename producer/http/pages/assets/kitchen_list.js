// The cards of the orders to be made, and what they sum up to. A card is kept while its order stays
// as it is, so that a tap changes one of them and not two hundred.

import { byId, el, fill } from "/assets/dom.js";
import { shared } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { changeOf, LOUDEST_FIRST, mark, showAge } from "./kitchen_age.js";
import { card, forgetCrossed } from "./kitchen_card.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {import("./kitchen_card.js").MenuItem} MenuItem */
/** @typedef {{order: KitchenOrder, look: string, element: HTMLElement, change?: import("./kitchen_age.js").Change | undefined, since: number}} Shown */

export const byPeople = shared["by_people"] === true;
const minutes = { warn: Number(shared["warn"]), late: Number(shared["late"]) };

export class KitchenList {
  /** @type {Map<string, Shown>} Cards of all orders in line, those that are away, too. */
  #cards = new Map();
  /** @type {Map<string, MenuItem> | null} */
  #menu = null;
  #isFirst = true;
  #sums = "";
  #list = byId("orders");

  /**
   * @param {import("./kitchen_card.js").Does} does
   * @param {(melody: "overdue" | import("./kitchen_age.js").Change) => void} chime
   */
  constructor(does, chime) {
    this.does = does;
    this.chime = chime;
    setInterval(() => this.tick(), 1000);
  }

  /**
   * Takes over the line as the shop has it.
   * @param {KitchenOrder[]} orders
   * @param {Map<string, MenuItem>} menu
   * @param {Set<string>} away
   */
  update(orders, menu, away) {
    const changes = new Set();
    /** @type {Map<string, Shown>} */
    const cards = new Map();
    for (const order of orders) {
      const [known, look] = [this.#cards.get(order.id), JSON.stringify(order)];
      const change = (!this.#isFirst && changeOf(known?.order, order)) || undefined;
      if (change && !isAway(order, away)) changes.add(change);
      const since = change ? Date.now() : (known?.since ?? 0);
      const isSame = known?.look === look && menu === this.#menu;
      const element = isSame ? known.element : card(order, menu, byPeople, this.does);
      cards.set(order.id, { order, look, element, change: change ?? known?.change, since });
      if (known && known.element !== element) takePlace(known.element, element);
    }
    for (const [id, { element }] of this.#cards) if (!cards.has(id)) element.remove();
    this.#cards = cards;
    this.#menu = menu;
    this.#isFirst = false;
    const loudest = LOUDEST_FIRST.find((change) => changes.has(change));
    if (loudest) this.chime(loudest);
    forgetCrossed(new Set(cards.keys()));
    this.tick();
    this.show(menu, away);
    this.#list.removeAttribute("aria-busy");
  }

  /**
   * Shows all orders but those that are away.
   * @param {Map<string, MenuItem>} menu
   * @param {Set<string>} away
   */
  show(menu, away) {
    let next = this.#list.firstElementChild;
    const open = [];
    for (const { order, element } of this.#cards.values()) {
      if (isAway(order, away)) {
        if (next === element) next = element.nextElementSibling;
        element.remove();
        continue;
      }
      open.push(order);
      if (element === next) next = element.nextElementSibling;
      else this.#list.insertBefore(element, next);
    }
    byId("nothing").hidden = open.length > 0;
    this.#showSums(open, menu);
  }

  /** Writes the ages; an order that has just become late is heard. */
  tick() {
    let isLate = false;
    for (const { order, element, change, since } of this.#cards.values()) {
      isLate = showAge(element, order, minutes) || isLate;
      mark(element, change, since);
    }
    if (isLate) this.chime("overdue");
  }

  /** @param {string} id */
  order(id) {
    return this.#cards.get(id)?.order;
  }

  /**
   * @param {KitchenOrder[]} open
   * @param {Map<string, MenuItem>} menu
   */
  #showSums(open, menu) {
    /** @type {Map<string, number>} */
    const sums = new Map();
    for (const { items } of open.filter(({ state }) => state !== "canceled")) {
      for (const { item, name, modifiers, quantity } of items) {
        const known = menu.get(item)?.modifiers;
        const named = modifiers.map((id) => known?.find((one) => one.id === id)?.name ?? id);
        const extras = named.sort(); // in whichever order they were chosen, it is one drink
        const what = [name, ...extras].map(visible).join(" · ");
        sums.set(what, (sums.get(what) ?? 0) + quantity);
      }
    }
    const rows = [...sums].sort((a, b) => b[1] - a[1]);
    const text = JSON.stringify(rows);
    if (text === this.#sums) return;
    this.#sums = text;
    fill(
      byId("sums"),
      rows.map(([what, count]) => el("li", {}, el("b", {}, String(count)), el("span", {}, what))),
    );
  }
}

/**
 * Whether an order was tapped done, or has moved on; that it was canceled then has to be seen.
 * @param {KitchenOrder} order
 * @param {Set<string>} away
 */
const isAway = ({ id, state }, away) => state !== "canceled" && away.has(id);

/**
 * Puts a card in the place of another, with the focus if that had it.
 * @param {HTMLElement} old
 * @param {HTMLElement} now
 */
function takePlace(old, now) {
  const hasFocus = old.contains(document.activeElement);
  old.replaceWith(now);
  if (hasFocus) now.focus();
}
