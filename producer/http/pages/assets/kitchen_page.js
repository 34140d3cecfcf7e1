// The kitchen display.

import { byId, el, fill } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { card, crossed, showAge } from "./kitchen_card.js";
import { kitchenKeys } from "./kitchen_keys.js";
import { reason, recall, soldOut, trying } from "./kitchen_sheets.js";
import { keepKitchen } from "./kitchen_state.js";
import { isHeld, sendTaps, tapDone, taps, undo } from "./taps.js";
import { stayAwake } from "./wake_lock.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */

const byPeople = shared["by_people"] === true;
const minutes = { warn: Number(shared["warn"]), late: Number(shared["late"]) };
const reasons = /** @type {string[]} */ (shared["cancel_reasons"]);
const list = byId("orders");
/** @type {Map<string, {look: string, element: HTMLElement}>} Cards are kept while nothing changes. */
let cards = new Map();
/** @type {KitchenOrder[]} */
let orders = [];

const does = {
  /** @param {KitchenOrder} order */
  done(order) {
    if (byPeople && order.in_hand) tapDone(order);
  },
  /** @param {KitchenOrder} order */
  async cancel(order) {
    const why = await reason(t("kitchen.cancel_order", { number: visible(order.number) }), reasons);
    if (why === null) return;
    await trying(() => request("POST", `/orders/${order.id}/cancel`, { body: { reason: why } }));
    kitchen.seen(order.id);
  },
  /** @param {KitchenOrder} order */
  seen: (order) => kitchen.seen(order.id),
};

/** @param {KitchenOrder[]} next */
function show(next) {
  orders = next;
  const gone = new Set(taps.get().map(({ id }) => id));
  const open = orders.filter(({ id }) => !gone.has(id));
  const kept = new Map();
  for (const order of open) {
    const look = JSON.stringify(order);
    const known = cards.get(order.id);
    const element =
      known?.look === look ? known.element : card(order, kitchen.menu, byPeople, does);
    showAge(element, minutes);
    kept.set(order.id, { look, element });
  }
  for (const [id, { element }] of cards) if (kept.get(id)?.element !== element) element.remove();
  cards = kept;
  for (const [at, { element }] of [...kept.values()].entries()) {
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
  }
  byId("nothing").hidden = open.length > 0;
  showSums(open);
  list.removeAttribute("aria-busy");
}

/** @param {KitchenOrder[]} open */
function showSums(open) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { state, items } of open) {
    for (const line of state === "canceled" ? [] : items) {
      const item = kitchen.menu.get(line.item);
      const extras = line.modifiers.map(
        (id) => item?.modifiers.find((one) => one.id === id)?.name ?? id,
      );
      const what = [line.name, ...extras].map(visible).join(" · ");
      sums.set(what, (sums.get(what) ?? 0) + line.quantity);
    }
  }
  const rows = [...sums].sort((a, b) => b[1] - a[1]);
  fill(
    byId("sums"),
    rows.map(([what, count]) => el("li", {}, el("b", {}, String(count)), ` ${what}`)),
  );
}

function showTaps() {
  show(orders);
  const waiting = taps.get();
  byId("taps").hidden = waiting.length === 0;
  fill(
    byId("taps"),
    waiting.map((tap) =>
      el(
        "span",
        { class: "tap" },
        t(isHeld(tap) ? "kitchen.held" : "kitchen.sending", { number: visible(tap.number) }),
        isHeld(tap) &&
          el("button", { class: "quiet", onclick: () => undo(tap.id) }, t("kitchen.undo")),
      ),
    ),
  );
}

/** @param {{state: string, reason: string | null}} shop */
function showShop(shop) {
  const isOpen = shop.state === "open";
  byId("shop").hidden = isOpen;
  byId("shop-text").textContent =
    t(shop.state === "paused" ? "kitchen.shop_paused" : "kitchen.shop_closed") +
    (shop.reason ? ` ${visible(shop.reason)}` : "");
  byId("pause").hidden = !isOpen;
}

const kitchen = keepKitchen(show, showShop);
taps.follow(showTaps);
showTaps();
sendTaps(
  (tap, error) => {
    toast(t("kitchen.refused", { number: visible(tap.number), why: error.detail }), {
      kind: "bad",
      ms: 20_000,
    });
    kitchen.refresh();
  },
  () => kitchen.refresh(),
);
byId("recall").onclick = () => void recall();
byId("sold-out").onclick = () => void soldOut();
for (const [id, state] of [
  ["pause", "paused"],
  ["open", "open"],
]) {
  byId(String(id)).onclick = async () => {
    await trying(async () => showShop(await request("PUT", "/shop", { body: { state } })));
  };
}
kitchenKeys(list, (id) => {
  const order = orders.find((one) => one.id === id);
  if (order) does[order.state === "canceled" ? "seen" : "done"](order);
});
setInterval(() => {
  for (const { element } of cards.values()) showAge(element, minutes);
  if (taps.get().length > 0) showTaps();
  const open = new Set(orders.map(({ id }) => id));
  const lines = Object.entries(crossed.get());
  if (orders.length && lines.some(([id]) => !open.has(id)))
    crossed.set(Object.fromEntries(lines.filter(([id]) => open.has(id))));
}, 1000);
stayAwake();
