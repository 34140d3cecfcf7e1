// The live stream of one order, for as long as its page is open.

import { byId } from "/assets/dom.js";
import { t } from "/assets/text.js";

const FOLLOW_AGAIN_MS = 5000;

/**
 * Calls `refresh` when the order may have changed, and tells how the connection is.
 * @param {string} id
 * @param {() => void} refresh
 */
export function followOrder(id, refresh) {
  const events = new EventSource(`/events?order_id=${encodeURIComponent(id)}`);
  events.onopen = () => {
    tell("live");
    refresh();
  };
  events.onmessage = refresh;
  events.addEventListener("reset", refresh);
  events.onerror = () => {
    tell(navigator.onLine ? "connecting" : "offline");
    // A refusal ends an EventSource for good; a lost connection it mends by itself.
    if (events.readyState === EventSource.CLOSED) {
      setTimeout(() => followOrder(id, refresh), FOLLOW_AGAIN_MS);
    }
  };
}

/** @param {"connecting" | "live" | "offline"} state */
function tell(state) {
  const texts = {
    connecting: t("connection.connecting"),
    live: t("connection.live"),
    offline: t("connection.offline"),
  };
  const connection = byId("connection");
  connection.dataset["state"] = state;
  connection.textContent = texts[state];
}
