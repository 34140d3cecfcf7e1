// Who changed what in the menu, and the way back.

import { ask } from "/assets/dialog.js";
import { el, fill, icon } from "/assets/dom.js";
import { clockTime, day } from "/assets/format.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {import("./editor_state.js").EditorState} EditorState */
/** @typedef {import("./editor_state.js").Version} Version */
/** @typedef {import("./editor_more.js").Act} Act */

const PAGE = 20;

/**
 * Shows who changed what, and lets a manager go back.
 * @param {HTMLElement} panel
 * @param {EditorState} state
 * @param {boolean} canEdit
 * @param {Act} act
 */
export async function showHistory(panel, state, canEdit, act) {
  const rows = el("ul", { class: "rows" });
  const more = el("button", { type: "button", class: "quiet", hidden: true }, t("editor.older"));
  let before = 0;
  const load = async () => {
    const query = before ? `&before=${before}` : "";
    const { versions } = await request("GET", `/menu/versions?limit=${PAGE}${query}`);
    for (const version of /** @type {Version[]} */ (versions)) {
      rows.append(versionRow(version, state, canEdit, act));
      before = version.version;
    }
    more.hidden = versions.length < PAGE || before <= 1;
  };
  more.onclick = () => void act(load);
  await act(async () => {
    await load();
    fill(panel, el("div", { class: "card" }, rows), el("div", { class: "actions" }, more));
  });
}

/**
 * @param {Version} version
 * @param {EditorState} state
 * @param {boolean} canEdit
 * @param {Act} act
 */
function versionRow({ version, at, by, changes }, state, canEdit, act) {
  const isNow = version >= state.version;
  const when = `${day(at)}, ${clockTime(at)}`;
  const back = el("button", { type: "button", class: "quiet end" }, icon("undo"), t("editor.back"));
  back.onclick = async () => {
    const title = t("editor.back_title", { when });
    if (!(await ask({ title, text: t("editor.back_text"), yes: t("editor.back") }))) return;
    const headers = { "If-Match": state.etag };
    await act(() => request("POST", `/menu/versions/${version}/restore`, { headers }));
  };
  return el(
    "li",
    {},
    el(
      "div",
      { class: "editor-version" },
      el("p", {}, visible(changes)),
      el("p", { class: "small quiet" }, `${visible(by)} · `, el("time", { datetime: at }, when)),
    ),
    isNow ? el("span", { class: "badge good end" }, t("editor.now")) : canEdit && back,
  );
}
