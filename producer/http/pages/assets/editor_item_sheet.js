// The form of an item's sheet: all that the menu says of it, saved, removed, or put together with
// what somebody else has changed meanwhile.

import { ask } from "/assets/dialog.js";
import { el, fill, icon } from "/assets/dom.js";
import { RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { newId, withoutItem } from "./editor_document.js";
import { draft } from "./editor_draft.js";
import { faultsOf, toEntry, withEntry } from "./editor_entry.js";
import { faultsBelow, showFaults } from "./editor_fields.js";
import { itemFields } from "./editor_item_fields.js";
import { merged } from "./editor_merge.js";
import { ChangedMeanwhileError, versionsSince } from "./editor_state.js";
import { othersText, tellOthers } from "./editor_tell.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_draft.js").Draft} Draft */
/** @typedef {import("./editor_state.js").EditorState} EditorState */

export class ItemSheet {
  form = el("form", { novalidate: true });
  #told = el("div", { class: "banner warn", role: "alert", hidden: true });
  #fields = el("div", {});
  #unsaved = el("div", { class: "row", hidden: true });
  #id = "";
  #save = el("button", { class: "primary big" }, t("editor_form.save"));

  /**
   * @param {EditorState} state
   * @param {Draft} now
   * @param {HTMLDialogElement} dialog
   */
  constructor(state, now, dialog) {
    this.state = state;
    this.now = now;
    this.dialog = dialog;
    const remove = el("button", { type: "button", class: "danger" }, t("editor_form.remove"));
    remove.onclick = () => void this.#remove();
    const drop = el("button", { type: "button", class: "quiet" }, t("editor.discard"));
    drop.onclick = () => this.#discard();
    this.#unsaved.append(el("span", { class: "badge warn" }, t("editor_form.unsaved")), drop);
    this.form.append(
      this.#told,
      this.#unsaved,
      this.#fields,
      el("div", { class: "actions" }, now.id !== null && remove, this.#save),
    );
    this.form.onsubmit = (event) => {
      event.preventDefault();
      if (this.#save.ariaBusy !== "true") void this.#submit();
    };
  }

  /** Whether something was typed that is not what the menu says. */
  get isUnsaved() {
    const menu = /** @type {MenuDocument} */ (this.state.menu);
    return !isSame(this.now.entry, toEntry(menu, this.now.base));
  }

  /** Says at once that a sheet was opened with what had been typed before. */
  tellDraft() {
    this.#unsaved.hidden = !this.isUnsaved;
  }

  #discard() {
    const menu = /** @type {MenuDocument} */ (this.state.menu);
    draft.clear();
    this.now = { ...this.now, made: "", entry: toEntry(menu, this.now.base) };
    this.#unsaved.hidden = true;
    this.draw();
    this.form.querySelector("input")?.focus();
  }

  draw() {
    const menu = /** @type {MenuDocument} */ (this.state.menu);
    const change = (/** @type {Partial<Draft["entry"]>} */ changed) => {
      const entry = { ...this.now.entry, ...changed };
      this.now = { ...this.now, name: entry.name, entry };
      if (this.isUnsaved) draft.set(this.now);
      else draft.clear();
    };
    fill(this.#fields, itemFields(menu, this.now.entry, change));
  }

  async #submit() {
    const menu = /** @type {MenuDocument} */ (this.state.menu);
    const faults = faultsOf(menu, this.now.entry);
    showFaults(this.form, faults);
    if (Object.keys(faults).length > 0) return;
    this.#save.ariaBusy = "true";
    await this.#trying(async () => {
      const { base, entry, name } = this.now;
      // A new item keeps its id: if an answer was lost, it is on the menu already.
      const id = this.now.id ?? (this.now.made ||= newId(name, menu.items, "item"));
      if (this.now.made) draft.set(this.now);
      this.#id = id;
      const isGood = (/** @type {MenuDocument} */ current) => {
        const [now, mine] = [current.items[id], withEntry(current, id, entry).items[id]];
        return isSame(now, base) || isSame(now, mine);
      };
      tellOthers(await this.state.change((current) => withEntry(current, id, entry), { isGood }));
      draft.clear();
      this.dialog.close();
      toast(t("editor.saved", { name: visible(entry.name.trim()) }), { kind: "good" });
    });
    this.#save.ariaBusy = null;
  }

  async #remove() {
    const name = visible(this.now.base?.name ?? this.now.name);
    const title = t("editor_form.remove_title", { name });
    const text = t("editor_form.remove_text");
    if (!(await ask({ title, text, yes: t("editor_form.remove"), isDanger: true }))) return;
    await this.#trying(async () => {
      tellOthers(await this.state.change(withoutItem(this.now.id ?? "")));
      draft.clear();
      this.dialog.close();
    });
  }

  /** @param {() => Promise<void>} doing */
  async #trying(doing) {
    try {
      await doing();
    } catch (error) {
      if (error instanceof ChangedMeanwhileError) await this.#merge();
      else if (error instanceof RequestError) this.#fail(error);
      else throw error;
    }
  }

  /** Takes over what somebody else has changed, and keeps what was typed. */
  async #merge() {
    const { base, entry, version } = this.now;
    const id = this.now.id ?? this.now.made;
    const others = await versionsSince(version).catch(() => []);
    const menu = /** @type {MenuDocument} */ (this.state.menu);
    const theirs = menu.items[id] ?? null;
    const mine = base && theirs ? merged(toEntry(menu, base), entry, toEntry(menu, theirs)) : entry;
    this.now = { ...this.now, base: theirs, version: this.state.version, entry: mine };
    draft.set(this.now);
    this.draw();
    this.#tell(t("editor_form.meanwhile"), othersText(others));
  }

  /** @param {RequestError} error */
  #fail(error) {
    const faults = faultsBelow(error, `/items/${this.#id}/`);
    const left = showFaults(this.form, faults);
    const text = error.status === 401 ? t("editor.signed_out") : error.message;
    if (error.errors.length === 0) this.#tell(text);
    else if (left.length > 0) this.#tell(left.join(" "));
  }

  /** @param {...string} texts */
  #tell(...texts) {
    this.#told.hidden = false;
    fill(
      this.#told,
      icon("alert"),
      el("p", {}, el("strong", {}, texts[0]), texts[1] && ` ${texts[1]}`),
    );
    this.#told.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {object | null | undefined} one
 * @param {object | null | undefined} other
 */
function isSame(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
