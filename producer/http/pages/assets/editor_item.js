// The sheet of an item: its photo, and for managers all that the menu says of it.

import { ask, shown } from "/assets/dialog.js";
import { byId, el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { draft } from "./editor_draft.js";
import { toEntry } from "./editor_entry.js";
import { ItemSheet } from "./editor_item_sheet.js";
import { photoPanel } from "./editor_photo.js";

/** @typedef {import("./editor_document.js").Item} Item */
/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_draft.js").Draft} Draft */
/** @typedef {import("./editor_state.js").EditorState} EditorState */

/**
 * Shows the sheet of an item, or of a new one, until it is closed.
 * @param {EditorState} state
 * @param {string | null} id
 * @param {{canEdit: boolean, isDraft: boolean}} options `isDraft` goes on with what was typed
 */
export async function editItem(state, id, { canEdit, isDraft }) {
  const dialog = byId("item-sheet", HTMLDialogElement);
  const menu = /** @type {MenuDocument} */ (state.menu);
  const item = id === null ? null : (menu.items[id] ?? null);
  const kept = isDraft ? draft.get() : null;
  const name = item?.name ?? kept?.name ?? "";
  const photo = item && id !== null ? photoPanel(state, id, canEdit) : null;
  const sheet = canEdit ? new ItemSheet(state, kept ?? begun(state, id, item), dialog) : null;
  const leave = async () => {
    if (await mayLeave(sheet, name)) dialog.close();
  };
  fill(
    dialog,
    el(
      "header",
      {},
      el("h2", { id: "item-title" }, name ? visible(name) : t("editor.new_item")),
      el(
        "button",
        {
          type: "button",
          class: "plain",
          "aria-label": t("editor.close"),
          onclick: () => void leave(),
        },
        icon("close"),
      ),
    ),
    photo?.element,
    sheet?.form,
  );
  sheet?.draw();
  sheet?.tellDraft();
  await shown(dialog);
  photo?.stop();
  fill(dialog);
}

/**
 * Asks before what was typed is thrown away.
 * @param {ItemSheet | null} sheet
 * @param {string} name
 */
async function mayLeave(sheet, name) {
  if (!sheet?.isUnsaved) return true;
  const title = t("editor_form.leave_title", { name: visible(name || t("editor.new_item")) });
  const yes = t("editor.discard");
  if (!(await ask({ title, yes, no: t("editor.continue"), isDanger: true }))) return false;
  draft.clear();
  return true;
}

/**
 * @param {EditorState} state
 * @param {string | null} id
 * @param {Item | null} base
 * @returns {Draft}
 */
function begun(state, id, base) {
  const menu = /** @type {MenuDocument} */ (state.menu);
  const name = base?.name ?? "";
  return { id, made: "", name, base, version: state.version, entry: toEntry(menu, base) };
}
