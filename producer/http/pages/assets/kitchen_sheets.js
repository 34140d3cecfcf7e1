// Sheets of the kitchen display: what is sold out, and reasons to cancel.

import { el, fill, icon } from "/assets/dom.js";
import { shown } from "/assets/dialog.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/**
 * @param {string} title
 * @param {...(import("/assets/dom.js").Child)} content
 */
export function sheet(title, ...content) {
  const close = el(
    "button",
    { class: "plain", value: "", "aria-label": t("kitchen.close") },
    icon("close"),
  );
  const dialog = el(
    "dialog",
    { class: "sheet kitchen-sheet", "aria-label": title },
    el("form", { method: "dialog" }, el("header", {}, el("h2", {}, title), close)),
    ...content,
  );
  document.body.append(dialog);
  return { dialog, done: shown(dialog).finally(() => dialog.remove()) };
}

/**
 * Does something by the shop, and says so when it was refused.
 * @param {() => Promise<unknown>} act
 */
export async function trying(act) {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.detail || error.title, { kind: "bad" });
    return false;
  }
}

/** Shows what can be sold out: items, sizes and modifiers. */
export async function soldOut() {
  const list = el("div", {});
  const { done } = sheet(t("kitchen.sold_out"), list);
  void trying(async () => {
    const { items } = await request("GET", "/menu");
    const extras = new Map(
      items
        .flatMap((/** @type {any} */ item) => item.modifiers)
        .map((/** @type {any} */ one) => [one.id, one]),
    );
    const rows = items.flatMap((/** @type {any} */ item) => [
      check(item.name, item.sold_out, `/menu/items/${item.id}`, (off) => ({ sold_out: off })),
      ...(item.sizes.length > 1 ? item.sizes : []).map((/** @type {any} */ size) =>
        check(`${item.name}, ${size.name}`, size.sold_out, `/menu/items/${item.id}`, (off) => ({
          sizes: { [size.id]: off },
        })),
      ),
    ]);
    const more = [...extras.values()].map((one) =>
      check(one.name, one.sold_out, `/menu/modifiers/${one.id}`, (off) => ({ sold_out: off })),
    );
    fill(list, rows, more);
  });
  await done;
}

/**
 * @param {string} name
 * @param {boolean} isOff
 * @param {string} path
 * @param {(off: boolean) => unknown} body
 */
function check(name, isOff, path, body) {
  const box = el("input", { type: "checkbox", checked: isOff });
  box.onchange = async () => {
    const wanted = box.checked;
    if (!(await trying(() => request("PUT", path, { body: body(wanted) })))) box.checked = !wanted;
  };
  return el("label", { class: "check" }, box, el("span", {}, visible(name)));
}

/**
 * Asks for one of the reasons, or none of them; null when somebody thinks better of it.
 * @param {string} title
 * @param {string[]} reasons
 * @returns {Promise<string | null>}
 */
export async function reason(title, reasons) {
  const buttons = [...reasons.map(visible), t("kitchen.no_reason")].map((text, at) =>
    el("button", { class: "quiet big", value: String(at) }, text),
  );
  const { done } = sheet(title, el("form", { method: "dialog", class: "reasons" }, buttons));
  const answer = await done;
  return answer === "" ? null : (reasons[Number(answer)] ?? "");
}
