// "By mail": has a mail sent when the order is ready, once its address is confirmed.

import { shown } from "/assets/dialog.js";
import { el } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";

/** @param {string} orderId */
export async function askForMail(orderId) {
  const address = el("input", {
    type: "email",
    required: true,
    maxlength: 254,
    autocomplete: "email",
  });
  const failure = el("span", { class: "error", role: "alert" });
  const go = el("button", { class: "primary" }, t("order.mail_go"));
  const form = el(
    "form",
    { novalidate: true },
    el("h2", { id: "mail-title" }, t("order.mail_title")),
    el("label", { class: "field" }, el("span", {}, t("order.mail_address")), address, failure),
    el("p", { class: "small quiet" }, t("order.mail_text")),
    el("div", { class: "actions" }, go),
  );
  const dialog = el("dialog", { "aria-labelledby": "mail-title" }, form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (go.ariaBusy === "true") return;
    const isSent = address.validity.valid
      ? await sent(orderId, address.value.trim(), go, failure)
      : refused(failure, t("order.mail_wrong"));
    address.setAttribute("aria-invalid", String(!isSent));
    if (isSent) dialog.close();
    else address.focus();
  };
  document.body.append(dialog);
  await shown(dialog);
  dialog.remove();
}

/**
 * @param {string} orderId
 * @param {string} address
 * @param {HTMLButtonElement} go
 * @param {HTMLElement} failure
 * @returns {Promise<boolean>} whether a mail to confirm is on its way
 */
async function sent(orderId, address, go, failure) {
  go.ariaBusy = "true";
  const answered = sayWhenLate((text) => (failure.textContent = text));
  const body = { channel: "email", address, filter: { order_id: [orderId], type: ["ready"] } };
  try {
    await request("POST", "/topics/order-events/subscriptions", { body });
    toast(t("order.mail_sent", { address }), { kind: "good", ms: 15_000 });
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return refused(failure, error.status === 422 ? t("order.mail_wrong") : error.message);
  } finally {
    answered();
    go.ariaBusy = "false";
  }
}

/**
 * @param {HTMLElement} failure
 * @param {string} text
 */
function refused(failure, text) {
  failure.textContent = text;
  return false;
}
