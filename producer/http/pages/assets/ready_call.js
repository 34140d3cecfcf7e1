// "Tell me when it is ready": by sound, title, vibration and notification, as far as there are.

import { byId } from "/assets/dom.js";
import { stored } from "/assets/store.js";
import { t } from "/assets/text.js";

/** @typedef {import("./order_view.js").Order} Order */

const NOTES_HZ = [659.26, 830.61, 987.77];
const NOTE_SECONDS = 0.22;
const VIBRATION_MS = [200, 100, 200, 100, 400];

/** The order that is to be called: its number, which is no secret. */
const wanted = stored(
  "call",
  "",
  /** @returns {read is string} */ (read) => typeof read === "string",
);
const title = document.title;
/** @type {AudioContext | null} */
let audio = null;
let wasReady = false;

/**
 * Lets the customer be called.
 * @param {Order} order
 */
export function prepareCall({ number, state }) {
  const box = byId("call", HTMLInputElement);
  wasReady = state === "ready";
  box.checked = wanted.get() === number;
  box.addEventListener("change", () => {
    if (box.checked) wanted.set(number);
    else wanted.clear();
    if (box.checked) unlock();
    explain();
  });
  // A browser lets a page sound only after a tap: the first one after a reload will do.
  document.addEventListener("pointerdown", () => box.checked && unlock(), { once: true });
  explain();
}

/**
 * Calls once when the order has become ready; the title says so in any case.
 * @param {Order} order
 */
export function callWhenReady({ number, state }) {
  const isReady = state === "ready";
  document.title = isReady ? t("order.ready_title", { title }) : title;
  if (isReady && !wasReady && wanted.get() === number) {
    sound();
    if ("vibrate" in navigator) navigator.vibrate(VIBRATION_MS);
    notify(number);
  }
  wasReady = isReady;
}

function explain() {
  const box = byId("call", HTMLInputElement);
  const isBlocked = "Notification" in self && Notification.permission === "denied";
  const text = isBlocked ? t("order.call_open") : t("order.call_on");
  byId("call-how").textContent = box.checked ? text : "";
}

function unlock() {
  if ("AudioContext" in self) {
    audio ??= new AudioContext();
    void audio.resume();
  }
  if ("Notification" in self && Notification.permission === "default") {
    void Notification.requestPermission().then(explain);
  }
}

function sound() {
  if (audio?.state !== "running") return;
  for (const [index, hertz] of NOTES_HZ.entries()) {
    const start = audio.currentTime + index * NOTE_SECONDS;
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0.3, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 3 * NOTE_SECONDS);
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 3 * NOTE_SECONDS);
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
