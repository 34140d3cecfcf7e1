// The sheet of a size's name, and what it shares with that of an extra.

import { ask, shown } from "/assets/dialog.js";
import { byId, el, fill, icon } from "/assets/dom.js";
import { RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { itemsIn, newId, without } from "./editor_document.js";
import { LONGEST_NAME } from "./editor_entry.js";
import { faultsBelow, field, showFaults } from "./editor_fields.js";
import { ChangedMeanwhileError, versionsSince } from "./editor_state.js";
import { othersText, tellOthers } from "./editor_tell.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_document.js").Change} Change */
/** @typedef {import("./editor_state.js").EditorState} EditorState */

/**
 * @param {EditorState} state
 * @param {string | null} id null for a new one
 */
export async function editSize(state, id) {
  const menu = /** @type {MenuDocument} */ (state.menu);
  const name = nameInput(id === null ? "" : (menu.sizes[id] ?? ""));
  let key = id ?? "";
  const isUsed = id !== null && itemsIn(menu, id).length > 0;
  await smallSheet(state, {
    title: id === null ? t("editor.add_size") : (menu.sizes[id] ?? ""),
    fields: [
      field("name", t("editor_form.name"), name, isUsed ? t("editor_form.size_used") : undefined),
    ],
    faults: () => needed(name),
    prefix: () => "/sizes/",
    part: (current) => current.sizes[key],
    change: (current) => {
      key ||= newId(name.value, current.sizes, "size");
      return { ...current, sizes: { ...current.sizes, [key]: name.value.trim() } };
    },
    remove:
      id === null || isUsed
        ? null
        : (current) => ({ ...current, sizes: without(current.sizes, id) }),
  });
}

/**
 * Shows a sheet until what was typed is saved, or it is closed.
 * @param {EditorState} state
 * @param {{title: string, fields: Node[], faults: () => Record<string, string>, prefix: () => string, part: (menu: MenuDocument) => unknown, change: Change, remove: Change | null}} what
 *   `part` is what somebody else may have changed meanwhile
 */
export async function smallSheet(state, { title, fields, faults, prefix, part, change, remove }) {
  const dialog = byId("small-sheet", HTMLDialogElement);
  const told = el("p", { class: "banner warn", role: "alert", hidden: true });
  const save = el("button", { class: "primary big" }, t("editor_form.save"));
  const gone = el("button", { type: "button", class: "danger" }, t("editor_form.remove"));
  const close = el(
    "button",
    { type: "button", class: "plain", "aria-label": t("editor.close") },
    icon("close"),
  );
  const actions = el("div", { class: "actions" }, remove && gone, save);
  const form = el("form", { novalidate: true }, told, fields, actions);
  let base = JSON.stringify(part(/** @type {MenuDocument} */ (state.menu)));
  let { version } = state;
  const tell = (/** @type {string} */ text) => {
    told.hidden = text === "";
    told.textContent = text;
  };
  const doing = async (/** @type {Change} */ made) => {
    const isGood = (/** @type {MenuDocument} */ now) =>
      [base, JSON.stringify(part(made(now)))].includes(JSON.stringify(part(now)));
    save.ariaBusy = "true";
    try {
      tellOthers(await state.change(made, { isGood }));
      dialog.close();
      toast(t("editor.saved_menu"), { kind: "good" });
    } catch (error) {
      if (error instanceof ChangedMeanwhileError) {
        const others = await versionsSince(version).catch(() => []);
        tell(`${t("editor_form.meanwhile")} ${othersText(others)}`);
        base = JSON.stringify(part(/** @type {MenuDocument} */ (state.menu)));
        ({ version } = state);
      } else if (error instanceof RequestError) {
        const left = showFaults(form, faultsBelow(error, prefix()));
        if (left.length > 0 || error.errors.length === 0) tell(left.join(" ") || error.message);
      } else throw error;
    }
    save.ariaBusy = null;
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const found = faults();
    showFaults(form, found);
    if (Object.keys(found).length === 0 && save.ariaBusy !== "true") void doing(change);
  };
  gone.onclick = async () => {
    const question = t("editor_form.remove_title", { name: visible(title) });
    const yes = t("editor_form.remove");
    if (remove && (await ask({ title: question, yes, isDanger: true }))) await doing(remove);
  };
  close.onclick = () => dialog.close();
  fill(dialog, el("header", {}, el("h2", { id: "small-title" }, visible(title)), close), form);
  await shown(dialog);
  fill(dialog);
}

/** @param {string} value */
export function nameInput(value) {
  return el("input", { value, autocomplete: "off", maxlength: LONGEST_NAME });
}

/**
 * @param {HTMLInputElement} name
 * @returns {Record<string, string>}
 */
export function needed(name) {
  return name.value.trim() ? {} : { name: t("editor_form.needed") };
}
