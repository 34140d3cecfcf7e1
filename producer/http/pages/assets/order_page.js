// The page of an order: drawn as the shell sent it, then again with each event of it.

import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { follow } from "/assets/live.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { cancel } from "./canceling.js";
import { rememberOrder } from "./my_orders.js";
import { drawOrder, isWaiting } from "./order_view.js";
import { callAgain, callWhenReady, prepareCall } from "./ready_call.js";

/** @typedef {import("./order_view.js").Order} Order */

const ESTIMATE_EVERY_MS = 20_000;
/** An event that comes twice does so sooner; later, staff call the number again. */
const CALLED_AFTER_MS = 12_000;

let order = /** @type {Order} */ (shared["order"]);
let reads = 0;
const path = `/orders/${encodeURIComponent(order.id)}`;

/** @param {Order} now */
function show(now) {
  if (now.version < order.version) return; // an answer that was overtaken
  order = now;
  drawOrder(order);
  callWhenReady(order);
  void followRemake();
}

/** Goes on to the order that is made in this one's place; `#before` is who wants to see this one. */
async function followRemake() {
  if (order.remade_as === null) return;
  const { goOn, sayRemade } = await import("./order_remade.js");
  if (location.hash === "#before") sayRemade(order);
  else goOn(order);
}

async function read() {
  const mine = ++reads;
  const now = await request("GET", path);
  if (mine === reads) show(now);
}

async function refresh() {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error; // else the connection tells of it
  }
}

/** @param {{type: string, time: string, subject?: string}} event */
function hear({ type, time, subject }) {
  const isReady = type.includes(".ready.") && order.state === "ready" && subject === order.id;
  if (isReady && Date.now() - Date.parse(time) > CALLED_AFTER_MS) callAgain(order);
  else void refresh();
}

/** Puts all that was ordered into the cart, at the prices of the menu as it is now. */
async function orderAgain() {
  const { MOST_LINES, put } = await import("./cart.js");
  const lines = order.items.map(({ item, name, size, modifiers, quantity, note }) => ({
    ...{ item, name, size, modifiers, quantity },
    ...{ note: note ?? "", price: null, was: null },
  }));
  const isRoom = lines.map((line) => put(line)).every(Boolean);
  if (isRoom) location.assign("/#cart");
  else toast(t("order.again_full", { count: MOST_LINES }), { kind: "bad" });
}

if (order.remade_as === null) rememberOrder(order);
prepareCall(order);
drawOrder(order);
callWhenReady(order);
void followRemake();
byId("cancel").addEventListener(
  "click",
  () => void cancel({ path, now: () => order, show, refresh }),
);
byId("mail").addEventListener(
  "click",
  () => void import("./ready_mail.js").then(({ askForMail }) => askForMail(order.id)),
);
byId("again").addEventListener("click", () => void orderAgain());
follow(
  ["order-events"],
  { orderId: order.remake_of ?? order.id, whileHidden: true },
  { refresh: read, event: hear },
);
setInterval(() => {
  if (!document.hidden && isWaiting(order)) void refresh();
}, ESTIMATE_EVERY_MS);
