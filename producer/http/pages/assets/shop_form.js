// A card with a form that saves a document of the shop, and says what was wrong with it and where.

import { el, fill } from "/assets/dom.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

export const canEdit = shared["can_edit"] === true;

/**
 * @param {{title: string, document: import("./shop_document.js").ShopDocument, fields: (value: any) => (HTMLElement | false)[], typed: () => any, saved: () => unknown}} parts
 *   `fields` draws a value; `typed` returns the value as it was typed, or null if that told a fault
 */
export function documentForm({ title, document, fields, typed, saved }) {
  const body = el("fieldset", { disabled: !canEdit }, fields(document.value));
  const note = el("p", { class: "error", role: "alert" });
  const button = el("button", { class: "primary" }, t("shop.save"));
  const form = el("form", { novalidate: true }, body, note, canEdit && button);
  const save = async () => {
    note.textContent = "";
    for (const place of form.querySelectorAll("small.error")) place.textContent = "";
    const mine = typed();
    if (!mine) return;
    const outcome = await document.save(mine);
    if (outcome.kind === "saved") {
      fill(body, fields(document.value));
      toast(t("shop.saved"), { kind: "good" });
      saved();
    } else if (outcome.kind === "meanwhile") {
      fill(body, fields(outcome.merged));
      note.textContent = t("shop.meanwhile", { by: visible(outcome.by) });
    } else note.textContent = told(form, outcome.error);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    void save().finally(() => (button.disabled = false));
  });
  return el("section", { class: "card" }, el("h2", {}, title), form);
}

/**
 * Tells each fault at its field, and returns what is to be told about the whole.
 * @param {HTMLFormElement} form
 * @param {import("/assets/http.js").RequestError} error
 */
function told(form, error) {
  let isTold = false;
  for (const { pointer, detail } of error.errors) {
    const path = pointer.split("/").slice(1);
    const place = placeOf(form, path);
    if (place) place.textContent = detail;
    isTold ||= place !== null;
  }
  return isTold ? t("shop.look") : error.message;
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} path
 */
function placeOf(form, path) {
  for (let length = path.length; length > 0; length--) {
    const name = CSS.escape(path.slice(0, length).join("/"));
    const place = form.querySelector(`small.error[data-place="${name}"]`);
    if (place) return place;
  }
  return null;
}

/** @param {string} place the path of the field in its document */
export function errorPlace(place) {
  return el("small", { class: "error", role: "alert", dataset: { place } });
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} place
 * @param {string} [hint]
 */
export function field(label, input, place, hint) {
  const text = el("span", {}, label);
  return el(
    "label",
    { class: "field" },
    text,
    input,
    hint && el("small", {}, hint),
    errorPlace(place),
  );
}
