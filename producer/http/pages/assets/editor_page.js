// The page `/staff/menu`: items, extras, sizes, and who changed what; sheets come with the first tap.

import { byId, fill } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";
import { movedCategory, movedItem } from "./editor_document.js";
import { draft } from "./editor_draft.js";
import { itemList } from "./editor_list.js";
import { unreadable } from "./editor_parts.js";
import { Moves } from "./editor_moves.js";
import { EditorState } from "./editor_state.js";
import { tellOthers } from "./editor_tell.js";

/** @typedef {import("./editor_document.js").Change} Change */

const canEdit = shared["can_edit"] === true;
const panel = byId("panel");
const search = byId("search", HTMLInputElement);
const moving = byId("moving", HTMLButtonElement);
const add = byId("add", HTMLButtonElement);
const PANELS = /** @type {const} */ (["items", "extras", "sizes", "history"]);
let isMoving = false;
let drawn = "";

const state = new EditorState(draw);
const moves = new Moves(state, change);

function panelName() {
  return PANELS.find((name) => `#${name}` === location.hash) ?? "items";
}

function draw() {
  const name = panelName();
  for (const link of document.querySelectorAll("#panels a")) {
    const isHere = link.getAttribute("href") === `#${name}`;
    if (isHere) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  panel.hidden = false;
  byId("tools").hidden = name === "history";
  search.hidden = moving.hidden = name !== "items";
  moving.hidden ||= !canEdit;
  add.hidden = !canEdit;
  if (name === "items") add.textContent = t("editor.add_item");
  if (name === "extras") add.textContent = t("editor.add_extra");
  if (name === "sizes") add.textContent = t("editor.add_size");
  drawDraft();
  search.disabled = isMoving;
  if (!state.menu && state.hasFailed) fill(panel, unreadable());
  if (!state.menu) return;
  // What is as it was stays, and with it the focus and what is being tapped.
  const { menu, version, shown, photos } = state;
  const look = JSON.stringify([
    name,
    menu,
    version,
    [...shown],
    [...photos],
    isMoving,
    search.value,
  ]);
  if (look === drawn) return;
  drawn = look;
  void drawPanel(name);
}

/** @param {typeof PANELS[number]} name */
async function drawPanel(name) {
  const { menu } = state;
  if (!menu) return;
  const focused = document.activeElement?.id;
  if (name === "items") {
    fill(panel, itemList(menu, state, { isMoving, search: isMoving ? "" : search.value }, does));
  } else if (name === "history") {
    const { showHistory } = await import("./editor_history.js");
    if (name === panelName()) await showHistory(panel, state, canEdit, act);
  } else {
    const more = await import("./editor_more.js");
    if (name !== panelName()) return;
    if (name === "extras") fill(panel, more.extraList(menu, state, canEdit, act));
    else fill(panel, more.sizeList(menu, state, canEdit));
  }
  panel.removeAttribute("aria-busy");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** A sheet that was closed without saving can be gone on with, also after a reload. */
function drawDraft() {
  const { name, id } = draft.get() ?? {};
  byId("draft").hidden =
    name === undefined || byId("item-sheet", HTMLDialogElement).open || !canEdit;
  if (name !== undefined) {
    byId("draft-text").textContent = t("editor.draft", {
      name: visible(name || t("editor.new_item")),
    });
  }
  byId("draft-go", HTMLButtonElement).disabled = !state.menu;
  byId("draft-go").onclick = () => void edit(id ?? null, true);
  byId("draft-drop").onclick = () => draft.clear();
}

const does = {
  /** @param {string} id */
  edit: (id) => void edit(id),
  /** @param {string} id @param {boolean} isSold */
  sell: (id, isSold) => {
    const sizes = state.shown.get(id)?.sizes ?? [];
    const isAllGone = sizes.every(({ sold_out: isSoldOut }) => isSoldOut);
    const back = isSold && isAllGone;
    const body = {
      sold_out: !isSold,
      ...(back ? { sizes: Object.fromEntries(sizes.map((size) => [size.id, false])) } : {}),
    };
    void act(() => request("PUT", `/menu/items/${id}`, { body }));
  },
  /** @param {string} id @param {number} by */
  move: (id, by) => {
    moves.add(movedItem(id, by));
    const rows = [...document.querySelectorAll(`section:has(#edit-${id}) .editor-name`)];
    const place = rows.findIndex((row) => row.id === `edit-${id}`) + 1;
    const name = visible(state.menu?.items[id]?.name ?? "");
    byId("moved").textContent = t("editor.moved", { name, place, count: rows.length });
  },
  /** @param {string} id @param {number} by */
  moveCategory: (id, by) => moves.add(movedCategory(id, by)),
};

/**
 * @param {Change} made
 * @param {Promise<void>} after
 */
function change(made, after) {
  return act(async () => tellOthers(await state.change(made, { isShown: true, after })));
}

/**
 * Does something by the shop, says when it was refused, and shows what there is then.
 * @param {() => Promise<unknown>} doing
 */
async function act(doing) {
  try {
    await doing();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.status === 401 ? t("editor.signed_out") : error.message, { kind: "bad" });
    drawn = "";
  }
  await state.refresh().catch(() => draw());
}

/**
 * @param {string | null} id
 * @param {boolean} [isDraft]
 */
async function edit(id, isDraft = false) {
  if (!state.menu) return;
  const { editItem } = await import("./editor_item.js");
  await editItem(state, id, { canEdit, isDraft: isDraft || draft.get()?.id === id });
  draw();
}

add.onclick = async () => {
  const name = panelName();
  if (name === "items") return edit(null);
  const more = await import("./editor_more.js");
  await more.addTo(name, state);
};
moving.onclick = () => {
  moves.send();
  isMoving = !isMoving;
  moving.setAttribute("aria-pressed", String(isMoving));
  draw();
};
search.oninput = draw;
addEventListener("hashchange", () => {
  moves.send();
  fill(panel);
  drawn = "";
  draw();
});
draft.follow(draw);
byId("barista").hidden = canEdit;
draw();
state.keep();
