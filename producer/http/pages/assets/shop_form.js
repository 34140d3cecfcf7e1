// A card with a form that saves a document of the shop, and says what was wrong with it and where.
// What is not saved yet survives a reload, and what was saved can be taken back.

import { el, fill } from "/assets/dom.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { merge, same } from "./shop_document.js";
import { draftOf } from "./shop_draft.js";

export const canEdit = shared["can_edit"] === true;
const UNDO_MS = 12_000;

/** @typedef {Record<string, string>} Faults texts by the path of a field, as in `weekdays/monday` */
/**
 * `fields` draws a value; `typed` returns it as it is typed, and `faults` says what is wrong with it.
 * @typedef {{title?: string, document: import("./shop_document.js").ShopDocument, fields: (value: any) => (HTMLElement | false | null)[], typed: () => any, faults: (value: any) => Faults | Promise<Faults>, saved: () => unknown}} Parts
 */

/** @param {Parts} parts */
export function documentForm(parts) {
  const form = new DocumentForm(parts);
  const { title } = parts;
  const card = title
    ? el("section", { class: "card" }, el("h2", {}, title), form.form)
    : el("div", {}, form.form);
  return { card, touched: () => form.touched() };
}

class DocumentForm {
  #body = el("fieldset", { disabled: !canEdit });
  #note = el("p", { class: "error", role: "alert" });
  #save = el("button", { class: "primary" }, t("shop.save"));
  #unsaved = el("span", { class: "row", hidden: true });
  form = el("form", { novalidate: true });

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.document = parts.document;
    this.draft = draftOf(parts.document.what);
    const drop = el("button", { type: "button", class: "quiet" }, t("shop.discard"));
    drop.onclick = () => {
      this.#clear();
      this.#show(this.document.value);
      this.#save.focus();
    };
    this.#unsaved.append(el("span", { class: "badge warn" }, t("shop.unsaved")), drop);
    const foot = el("div", { class: "row" }, this.#save, this.#unsaved);
    this.form.append(this.#body, this.#note, ...(canEdit ? [foot] : []));
    for (const name of ["input", "change", "click"]) {
      this.#body.addEventListener(name, () => queueMicrotask(() => this.touched()));
    }
    this.form.onsubmit = (event) => {
      event.preventDefault();
      void this.#submit();
    };
    this.#begin();
  }

  /** Keeps what is typed, unless it is what is saved. */
  touched() {
    const { value } = this.document;
    const mine = this.parts.typed();
    if (same(mine, value)) this.draft.clear();
    else this.draft.set({ base: value, mine });
    this.#tellUnsaved();
  }

  /** Shows the document, with what was typed before a reload. */
  #begin() {
    const draft = canEdit ? this.draft.get() : null;
    const { value } = this.document;
    this.#show(draft ? merge(draft.base, draft.mine, value) : value);
    if (draft) this.touched();
  }

  /** @param {any} value */
  #show(value) {
    fill(this.#body, this.parts.fields(value));
    this.#tellUnsaved();
  }

  #tellUnsaved() {
    this.#unsaved.hidden = !canEdit || this.draft.get() === null;
  }

  #clear() {
    this.draft.clear();
    this.#note.textContent = "";
  }

  async #submit() {
    this.#note.textContent = "";
    for (const place of this.form.querySelectorAll("small.error")) place.textContent = "";
    const mine = this.parts.typed();
    const faults = await this.parts.faults(mine);
    if (Object.keys(faults).length === 0) await this.#send(mine, true);
    else this.#note.textContent = told(this.form, faults) || t("shop.look");
  }

  /**
   * @param {any} mine
   * @param {boolean} hasUndo
   */
  async #send(mine, hasUndo) {
    if (this.#save.disabled) return;
    this.#save.disabled = true;
    const before = this.document.value;
    const outcome = await this.document.save(mine).finally(() => (this.#save.disabled = false));
    if (outcome.kind === "saved") {
      this.#clear();
      this.#show(this.document.value);
      const action = { label: t("shop.undo"), run: () => void this.#send(before, false) };
      toast(t(hasUndo ? "shop.saved" : "shop.undone"), {
        kind: "good",
        ...(hasUndo ? { action, ms: UNDO_MS } : {}),
      });
      this.parts.saved();
    } else if (outcome.kind === "meanwhile") {
      this.#show(outcome.merged);
      this.touched();
      this.#note.textContent = t("shop.meanwhile", { by: visible(outcome.by) });
    } else this.#refused(outcome.error);
  }

  /** @param {import("/assets/http.js").RequestError} error */
  #refused(error) {
    const faults = error.errors.map(({ pointer, detail }) => [pointer.slice(1), detail]);
    const isTold = told(this.form, Object.fromEntries(faults)) === "" && faults.length > 0;
    this.#note.textContent = isTold ? t("shop.look") : error.message;
  }
}

/**
 * Tells each fault at its field, and goes to the first one.
 * @param {HTMLFormElement} form
 * @param {Faults} faults
 * @returns {string} those that have no field
 */
function told(form, faults) {
  const left = [];
  for (const [path, text] of Object.entries(faults)) {
    const place = placeOf(form, path.split("/"));
    if (place) place.textContent = text;
    else left.push(text);
  }
  const first = [...form.querySelectorAll("small.error")].find((place) => place.textContent);
  first?.scrollIntoView({ block: "center" });
  return left.join(" ");
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
