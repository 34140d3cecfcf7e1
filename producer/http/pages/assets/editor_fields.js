// Fields of the editor's sheets, each with its label and a place for what is wrong with it.

import { el } from "/assets/dom.js";
import { allergenName, ALLERGEN_IDS } from "./allergens.js";

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input */

/**
 * @param {string} name by which `showFaults` finds it
 * @param {string} label
 * @param {Input} input
 * @param {string} [hint]
 */
export function field(name, label, input, hint) {
  input.id ||= `f-${name}`;
  const ids = [hint && `${input.id}-hint`, `${input.id}-error`];
  input.setAttribute("aria-describedby", ids.filter(Boolean).join(" "));
  return el(
    "div",
    { class: "field" },
    el("label", { for: input.id }, label),
    input,
    hint && el("small", { id: `${input.id}-hint` }, hint),
    errorOf(name, input),
  );
}

/**
 * Makes the place for what is wrong with a field.
 * @param {string} name
 * @param {Input} [input]
 */
export function errorOf(name, input) {
  const id = `${input?.id ?? `f-${name}`}-error`;
  return el("small", { class: "error", id, dataset: { field: name } });
}

/**
 * Shows what is wrong beside its field, and goes to the first one.
 * @param {HTMLElement} form
 * @param {Record<string, string>} faults
 * @returns {string[]} what there is no field for
 */
export function showFaults(form, faults) {
  const places = new Map(
    [...form.querySelectorAll("[data-field]")].map((place) => [
      place.getAttribute("data-field"),
      place,
    ]),
  );
  const left = [];
  /** @type {HTMLElement | null} */
  let first = null;
  for (const place of places.values()) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
  }
  for (const [name, text] of Object.entries(faults)) {
    const place = places.get(name) ?? places.get(name.split("/")[0] ?? "");
    if (!place) {
      left.push(text);
      continue;
    }
    place.textContent = text;
    const input = form.querySelector(`[aria-describedby~="${CSS.escape(place.id)}"]`);
    input?.setAttribute("aria-invalid", "true");
    if (input instanceof HTMLElement) first ??= input;
  }
  first?.focus();
  return left;
}

/**
 * Chips of which several may be chosen.
 * @param {string} legend
 * @param {{id: string, name: string}[]} offered
 * @param {string[]} chosen
 * @param {(ids: string[]) => void} choose
 */
export function chips(legend, offered, chosen, choose) {
  const group = el("div", { class: "chips" }, checkboxes(offered, chosen, choose));
  return el("fieldset", {}, el("legend", {}, legend), group);
}

/**
 * @param {string} legend
 * @param {string[]} chosen
 * @param {(ids: string[]) => void} choose
 */
export function allergenChips(legend, chosen, choose) {
  return chips(legend, allergens(), chosen, choose);
}

/**
 * Makes chips of allergens that are folded while none is chosen, which is most often.
 * @param {string} legend
 * @param {string[]} chosen
 * @param {(ids: string[]) => void} choose
 */
export function foldedAllergens(legend, chosen, choose) {
  const boxes = checkboxes(allergens(), chosen, choose);
  return el(
    "details",
    { class: "editor-fold", open: chosen.length > 0 },
    el("summary", {}, legend),
    el("div", { class: "chips", role: "group", "aria-label": legend }, boxes),
  );
}

function allergens() {
  return ALLERGEN_IDS.map((id) => ({ id, name: allergenName(id) }));
}

/**
 * @param {{id: string, name: string}[]} offered
 * @param {string[]} chosen
 * @param {(ids: string[]) => void} choose
 */
function checkboxes(offered, chosen, choose) {
  let ids = chosen;
  return offered.map(({ id, name }) => {
    const box = el("input", { type: "checkbox", checked: ids.includes(id) });
    box.onchange = () => {
      ids = box.checked ? [...ids, id] : ids.filter((one) => one !== id);
      choose(ids);
    };
    return el("label", { class: "chip" }, box, name);
  });
}

/**
 * Names the fields of a problem's pointers below a prefix, as in `/items/latte/name`.
 * @param {import("/assets/http.js").RequestError} error
 * @param {string} prefix
 * @returns {Record<string, string>}
 */
export function faultsBelow(error, prefix) {
  return Object.fromEntries(
    error.errors.map(({ pointer, detail }) => [
      pointer.startsWith(prefix) ? pointer.slice(prefix.length) : pointer,
      detail,
    ]),
  );
}
