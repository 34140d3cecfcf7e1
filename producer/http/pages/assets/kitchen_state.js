// The kitchen's line as the shop has it: read again whenever an event says that it has changed.

import { request, RequestError } from "/assets/http.js";
import { follow } from "/assets/live.js";
import { stored } from "/assets/store.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {import("./kitchen_card.js").MenuItem} MenuItem */
/** @typedef {{id: string, number: string, customer_name: string, ready_at: string}} ReadyOrder */
/** @typedef {{state: string, reason: string | null, until: string | null}} Shop */

const READ_AGAIN_MS = 15_000;
const GATHER_MS = 150;
// Ids alone stay on the device, nobody's name.
const known = stored("kitchen-known", [], isIds);
/** Orders that were canceled, until somebody has seen that. */
export const unseen = stored("kitchen-canceled", [], isIds);

const BEFORE_READY = /\.(placed|preparing)\./;

/**
 * @param {(orders: KitchenOrder[]) => void} show
 * @param {(orders: ReadyOrder[]) => void} showReady oldest first
 * @param {(shop: Shop) => void} showShop
 */
export function keepKitchen(show, showReady, showShop) {
  /** @type {KitchenOrder[]} */
  let line = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  let isReadyOld = true;
  let isByEvent = false;
  /** @type {import("./kitchen_canceled.js").CanceledOrders | null} Loaded with the first one. */
  let canceled = null;
  const draw = () => show(canceled?.among(line) ?? line);

  const refresh = async () => {
    const withReady = isReadyOld || !isByEvent;
    isReadyOld = isByEvent = false;
    try {
      const [kitchen, shop, food, ready] = await Promise.all([
        request("GET", "/kitchen?limit=200"),
        request("GET", "/shop"),
        api.menu.size ? null : request("GET", "/menu"),
        withReady ? request("GET", "/orders?state=ready&limit=100") : null,
      ]);
      if (food) api.menu = new Map(food.items.map((/** @type {any} */ item) => [item.id, item]));
      if (ready) showReady(ready.orders.toReversed());
      const gone = missing(kitchen, ready?.orders ?? []);
      if (gone.length + unseen.get().length > 0) {
        canceled ??= new (await import("./kitchen_canceled.js")).CanceledOrders();
        await canceled.find(gone);
      }
      line = kitchen.orders;
      known.set(line.map(({ id }) => id));
      draw();
      showShop(shop);
    } catch (error) {
      isReadyOld ||= withReady;
      if (error instanceof RequestError && error.status === 401)
        location.assign("/staff/sign-in?next=/staff");
      throw error;
    }
  };

  const api = {
    /** @type {Map<string, MenuItem>} */
    menu: new Map(),
    /** Reads the line soon, as others may be about to ask for that, too. */
    refresh(withReady = true) {
      isReadyOld ||= withReady;
      clearTimeout(soon);
      soon = setTimeout(() => {
        isByEvent = true;
        live.refresh();
      }, GATHER_MS);
    },
    /** @param {string} id of an order whose cancellation was seen, or asked for, here */
    async seen(id) {
      canceled ??= new (await import("./kitchen_canceled.js")).CanceledOrders();
      canceled.see(id);
      draw();
    },
  };
  const live = follow(
    ["order-events"],
    { whileHidden: true },
    { refresh, event: ({ type }) => api.refresh(!BEFORE_READY.test(type)) },
  );
  unseen.follow(draw);
  setInterval(() => api.refresh(), READ_AGAIN_MS);
  return api;
}

/**
 * Lists the orders that were in line, and are neither there nor ready.
 * @param {{orders: KitchenOrder[], more: boolean}} kitchen
 * @param {ReadyOrder[]} ready
 */
function missing({ orders, more }, ready) {
  const elsewhere = new Set([...orders, ...ready].map(({ id }) => id));
  return known.get().filter((id) => !more && !elsewhere.has(id));
}

/**
 * @param {unknown} read
 * @returns {read is string[]}
 */
function isIds(read) {
  return Array.isArray(read) && read.every((one) => typeof one === "string");
}
