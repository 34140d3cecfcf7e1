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
import { isHeld, taps } from "./taps.js";
import { sendTaps, undo } from "./taps_sending.js";

export { chime } from "./sound.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {{refresh: () => void, seen: (id: string) => unknown}} Kitchen */

/**
 * @param {Kitchen} kitchen
 * @param {(id: string) => void} act
 */
export function useHands(kitchen, act) {
  const refresh = () => kitchen.refresh();
  const recall = () => readySheet(refresh);
  const pause = () => pauseSheet(showShop);
  byId("recall").onclick = recall;
  byId("pause").onclick = pause;
  byId("sold-out").onclick = soldOut;
  byId("open").onclick = () =>
    trying(async () => showShop(await request("PUT", "/shop", { body: { state: "open" } })));
  kitchenKeys(byId("orders"), { act, recall, pause });
  soundSwitch(byId("sound", HTMLButtonElement));
  taps.follow(showTaps);
  showTaps();
  sendTaps(notTaken, refresh);
  setInterval(() => taps.get().length > 0 && showTaps(), 1000);
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
  if (await trying(() => request("POST", `/orders/${id}/cancel`, { body }))) await kitchen.seen(id);
  kitchen.refresh();
}

/**
 * Says kindly why a tap is not taken: somebody else was there.
 * @param {import("./taps.js").Tap} tap
 * @param {string} state
 */
function notTaken({ number }, state) {
  const canceled = state === "canceled" ? "kitchen.was_canceled" : "kitchen.was_moved";
  const text = state === "ready" ? "kitchen.was_ready" : canceled;
  toast(t(text, { number: visible(number) }), { ms: 12_000 });
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
    now.map(({ tap: { id, number }, isOpen }) => {
      const text = t(isOpen ? "kitchen.held" : "kitchen.sending", { number: visible(number) });
      const back = el("button", { class: "quiet", onclick: () => undo(id) }, t("kitchen.undo"));
      return el("span", { class: "tap" }, text, isOpen && back);
    }),
  );
}
