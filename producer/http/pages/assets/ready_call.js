// "Tell me when it is ready": by sound, title, vibration and notification, as far as there are.

import { byId } from "/assets/dom.js";
import { stored } from "/assets/store.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { play, unlock, unlockByTap } from "./sound.js";

/** @typedef {import("./order_view.js").Order} Order */

const VIBRATION_MS = [200, 100, 200, 100, 400];

/** The order that is to be called: its number, which is no secret. */
const wanted = stored(
  "call",
  "",
  /** @returns {read is string} */ (read) => typeof read === "string",
);
const title = document.title;
let wasReady = false;

/**
 * Lets the customer be called: to a remake, too, who wanted to be called to its first order.
 * @param {Order} order
 */
export function prepareCall({ number, state }) {
  const box = byId("call", HTMLInputElement);
  wasReady = state === "ready";
  if (shared["first"] && wanted.get() === shared["first"]) wanted.set(number);
  box.checked = wanted.get() === number;
  box.addEventListener("change", () => {
    if (box.checked) wanted.set(number);
    else wanted.clear();
    if (box.checked) allow();
    explain();
  });
  unlockByTap(() => box.checked);
  explain();
}

/**
 * Calls once when the order has become ready; the title says so in any case.
 * @param {Order} order
 */
export function callWhenReady({ number, state }) {
  const isReady = state === "ready";
  document.title = isReady ? t("order.ready_title", { title }) : title;
  if (isReady && !wasReady) call(number);
  wasReady = isReady;
}

/**
 * Calls again: the staff wait for the customer.
 * @param {Order} order
 */
export function callAgain({ number }) {
  toast(t("order.called"), { kind: "good", ms: 20_000 });
  call(number);
}

/** @param {string} number */
function call(number) {
  if (wanted.get() !== number) return;
  void play("ready");
  if ("vibrate" in navigator) navigator.vibrate(VIBRATION_MS);
  notify(number);
}

function explain() {
  const box = byId("call", HTMLInputElement);
  const isBlocked = "Notification" in self && Notification.permission === "denied";
  const text = isBlocked ? t("order.call_open") : t("order.call_on");
  byId("call-how").textContent = box.checked ? text : "";
}

function allow() {
  void unlock();
  if ("Notification" in self && Notification.permission === "default") {
    void Notification.requestPermission().then(explain);
  }
}

/** @param {string} number */
function notify(number) {
  if (!("Notification" in self) || Notification.permission !== "granted") return;
  try {
    new Notification(t("order.notification", { number }));
  } catch {
    // Chrome on Android lets only service workers notify
  }
}
