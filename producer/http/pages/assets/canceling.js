// Cancels an order, through lost answers too: what has become of it is read back.

import { ask } from "/assets/dialog.js";
import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";

/** @typedef {import("./order_view.js").Order} Order */
/** @typedef {{path: string, now: () => Order, show: (order: Order) => void, refresh: () => Promise<void>}} Followed */

const TRIED_MS = 20_000;
const ANSWER_MS = 5000;
const PAUSE_MS = 1000;

/** @param {Followed} order */
export async function cancel(order) {
  const button = byId("cancel");
  if (button.ariaBusy === "true") return;
  const isSure = await ask({
    title: t("order.cancel_title"),
    text: t("order.cancel_text"),
    yes: t("order.cancel_yes"),
    no: t("order.cancel_no"),
    isDanger: true,
  });
  if (!isSure) return;
  button.ariaBusy = "true";
  const trying = new AbortController();
  const stop = () => trying.abort();
  const timer = setTimeout(stop, TRIED_MS);
  let close = () => {};
  const answered = sayWhenLate((text) => {
    const action = { label: t("order.cancel_stop"), run: stop };
    const told = `${text} ${t("order.cancel_trying", { count: TRIED_MS / 1000 })}`;
    close = toast(told, { action, ms: TRIED_MS });
  });
  const problem = await tried(order, trying.signal);
  clearTimeout(timer);
  answered();
  close();
  button.ariaBusy = "false";
  if (problem && order.now().state !== "canceled") toast(problem, { kind: "bad" });
}

/**
 * Asks until there is an answer, or it is canceled by an ask whose answer was lost.
 * @param {Followed} order
 * @param {AbortSignal} signal
 * @returns {Promise<string>} why it is not canceled, as far as is known
 */
async function tried({ path, now, show, refresh }, signal) {
  const isOver = () => signal.aborted || now().state === "canceled";
  while (!isOver()) {
    try {
      const options = { body: {}, timeoutMs: ANSWER_MS, signal };
      show(await request("POST", `${path}/cancel`, options));
      return "";
    } catch (error) {
      if (isOver()) break;
      if (!(error instanceof RequestError)) throw error;
      if (error.status !== 0 && error.status < 500) {
        await refresh();
        if (error.kind !== "order-not-cancelable") return error.title;
        return now().state === "placed" ? t("order.cancel_unknown") : t("order.cancel_late");
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return t("order.cancel_unknown");
}
