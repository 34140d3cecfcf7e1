// What the kitchen display needs when somebody touches it: taps that are held and sent, sheets, keys.

import { byId, el, fill } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { showShop } from "./kitchen_head.js";
import { kitchenKeys } from "./kitchen_keys.js";
import { pauseSheet } from "./kitchen_pause.js";
import { readySheet } from "./kitchen_ready.js";
import { reason, soldOut, trying } from "./kitchen_sheets.js";
import { soundSwitch } from "./sound.js";
import { deedOf, isHeld, taps } from "./taps.js";
import { endIfMoved, sendTaps, undo } from "./taps_sending.js";

export { chime } from "./sound.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {import("./taps.js").Tap} Tap */
/** @typedef {{refresh: () => void, seen: (id: string) => unknown, isMoved: (tap: Tap) => boolean}} Kitchen */

/**
 * @param {Kitchen} kitchen
 * @param {(id: string) => void} act
 */
export function useHands(kitchen, act) {
  const sheets = new URL("kitchen_sheets.css", import.meta.url).href;
  document.head.append(el("link", { rel: "stylesheet", href: sheets }));
  const refresh = () => kitchen.refresh();
  const recall = () => readySheet(refresh, takeBack);
  const pause = () => pauseSheet(showShop);
  byId("recall").onclick = recall;
  byId("pause").onclick = pause;
  byId("sold-out").onclick = soldOut;
  byId("open").onclick = () =>
    trying(async () => showShop(await request("PUT", "/shop", { body: { state: "open" } })));
  kitchenKeys(byId("orders"), { act, recall, pause, undo: () => takeBack() });
  soundSwitch(byId("sound", HTMLButtonElement));
  taps.follow(showTaps);
  showTaps();
  sendTaps(notTaken, refresh);
  setInterval(() => {
    if (taps.get().length > 0) showTaps();
    if (document.hidden) return; // the tab that is looked at says what has become of a tap
    for (const tap of taps.get().filter((one) => isHeld(one) && kitchen.isMoved(one)))
      void endIfMoved(tap, notTaken);
  }, 1000);
}

/**
 * Cancels an order, once somebody has said why.
 * @param {KitchenOrder} order
 * @param {Kitchen} kitchen
 */
export async function cancel({ id, number }, kitchen) {
  const title = t("kitchen.cancel_order", { number: visible(number) });
  const why = await reason(title, /** @type {string[]} */ (shared["cancel_reasons"]));
  if (why === null) return;
  const body = why ? { reason: why } : {};
  if (await trying(() => request("POST", `/orders/${id}/cancel`, { body }))) {
    toast(t("kitchen.canceled_now", { number: visible(number) }));
    await kitchen.seen(id);
  }
  kitchen.refresh();
}

/** @type {Record<string, string>} What has become of an order, by its state. */
const MOVED = {
  ready: "kitchen.was_ready",
  collected: "kitchen.was_collected",
  canceled: "kitchen.was_canceled",
  expired: "kitchen.was_expired",
};

/**
 * Says kindly why a tap is not taken: somebody else was there.
 * @param {Tap} tap
 * @param {string} state
 */
function notTaken({ number }, state) {
  toast(t(MOVED[state] ?? "kitchen.was_moved", { number: visible(number) }), { ms: 12_000 });
}

/**
 * Takes a tap back, the newest one when none is given, or says that it is too late for that.
 * @param {Tap} [tap]
 */
function takeBack(tap) {
  const { tap: last, isUndone } = undo(tap);
  if (isUndone || !last) return;
  const sent = deedOf(last) === "collect" ? "kitchen.late_collected" : "kitchen.late_done";
  const text = taps.get().some(({ id }) => id === last.id) ? "kitchen.sending" : sent;
  toast(t(text, { number: visible(last.number) }));
}

let shown = "";

function showTaps() {
  const now = taps.get().map((tap) => ({ tap, isOpen: isHeld(tap) }));
  const look = JSON.stringify(now);
  if (look === shown) return;
  shown = look;
  byId("taps").hidden = now.length === 0;
  fill(
    byId("taps"),
    now.map(({ tap, isOpen }) => {
      const held = deedOf(tap) === "collect" ? "kitchen.held_collected" : "kitchen.held";
      const text = t(isOpen ? held : "kitchen.sending", { number: visible(tap.number) });
      const undone = () => takeBack(tap);
      const back = el("button", { class: "quiet", onclick: undone }, t("kitchen.undo"));
      return el("span", { class: "tap" }, text, isOpen && back);
    }),
  );
}
