// The photo of an item in its sheet: sent, followed until it is shown, held or refused, taken off.

import { el, fill, icon } from "/assets/dom.js";
import { ask } from "/assets/dialog.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { thumbnail } from "./editor_parts.js";
import { preview, reasonText } from "./editor_photo_parts.js";
import { uploadPhoto } from "./editor_upload.js";

/** @typedef {import("./editor_state.js").EditorState} EditorState */
/** @typedef {import("./menu.js").Photo} Photo */
/** @typedef {{version_id: string, state: string, reason: string | null, photo: Photo | null}} Upload */
/** @typedef {{state: string, reason: string | null, needs_consent: boolean, photo: Photo | null, uploads: Upload[]}} ItemPhoto */

const KINDS = "image/jpeg,image/png,image/webp";
const LOOK_MS = 700;

/**
 * @param {EditorState} state
 * @param {string} id
 * @param {boolean} mayConsent
 */
export function photoPanel(state, id, mayConsent) {
  const panel = new PhotoPanel(state, id, mayConsent);
  return { element: panel.element, stop: () => panel.stop() };
}

class PhotoPanel {
  #frame = el("div", {}, thumbnail(null));
  #told = el("div", { role: "status" });
  #file = el("input", {
    type: "file",
    accept: KINDS,
    class: "unseen",
    tabindex: "-1",
    "aria-hidden": "true",
  });
  #choose = el("button", { type: "button", class: "quiet" }, t("editor_photo.choose"));
  #off = el("button", { type: "button", class: "plain", hidden: true }, t("editor_photo.off"));
  #consent = el(
    "button",
    { type: "button", class: "primary", hidden: true },
    t("editor_photo.show"),
  );
  /** The upload that this sheet waits for; empty when none. */
  #version = "";
  #isSending = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOver = false;
  element = el(
    "section",
    { class: "editor-photo", "aria-label": t("editor_photo.title") },
    this.#frame,
    el(
      "div",
      {},
      this.#told,
      el("div", { class: "row" }, this.#consent, this.#choose, this.#off, this.#file),
    ),
  );

  /**
   * @param {EditorState} state
   * @param {string} id
   * @param {boolean} mayConsent
   */
  constructor(state, id, mayConsent) {
    this.state = state;
    this.path = `/menu/items/${id}/photo`;
    this.id = id;
    this.mayConsent = mayConsent;
    this.#choose.onclick = () => this.#file.click();
    this.#file.onchange = () => void this.#send();
    this.#off.onclick = () => void this.#takeOff();
    this.#consent.onclick = () => void this.#try(() => request("POST", `${this.path}/consent`));
    this.#show(state.shown.get(id)?.photo ?? null);
    void this.#look();
  }

  stop() {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #send() {
    const file = this.#file.files?.[0];
    this.#file.value = "";
    if (!file) return;
    this.#isSending = this.#choose.disabled = true;
    const bar = el("progress", { max: 1, "aria-label": t("editor_photo.sending") });
    fill(this.#told, el("p", { class: "small" }, t("editor_photo.sending")), bar);
    void preview(file).then((canvas) => canvas && fill(this.#frame, canvas));
    try {
      this.#version = await uploadPhoto(this.id, file, (share) => {
        bar.value = share;
      });
      this.#isSending = false;
      await this.#look();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#isSending = false;
      this.#show(this.state.shown.get(this.id)?.photo ?? null);
      this.#tell("bad", error.message);
    } finally {
      this.#choose.disabled = false;
    }
  }

  async #takeOff() {
    const question = {
      title: t("editor_photo.off_title"),
      yes: t("editor_photo.off"),
      isDanger: true,
    };
    if (await ask(question)) await this.#try(() => request("DELETE", this.path));
  }

  /** @param {() => Promise<ItemPhoto>} doing */
  async #try(doing) {
    try {
      this.#draw(await doing());
      await this.state.refresh();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#tell("bad", error.message);
    }
  }

  /** Looks what has become of the photo, until that is decided. */
  async #look() {
    clearTimeout(this.#timer);
    try {
      this.#draw(await request("GET", this.path));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.status !== 404) this.#again();
      else this.#tell("", t("editor_photo.none"));
    }
  }

  #again() {
    if (!this.#isOver) this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  /** @param {ItemPhoto} now */
  #draw(now) {
    if (this.#isSending || this.#isOver) return;
    const [newest] = now.uploads;
    const isWaited =
      this.#version !== "" && !now.uploads.some((one) => one.version_id === this.#version);
    const isHeld = now.needs_consent;
    const isWaiting = isWaited || (now.state === "waiting" && !isHeld);
    this.#consent.hidden = !isHeld || !this.mayConsent;
    this.#off.hidden = !now.photo && !isHeld;
    if (isWaiting) {
      const bar = el("progress", { "aria-label": t("editor_photo.looking") });
      fill(this.#told, el("p", { class: "small" }, t("editor_photo.looking")), bar);
      this.#again();
      return;
    }
    if (this.#version) void this.state.refresh().catch(() => undefined);
    this.#version = "";
    this.#show(isHeld ? (newest?.photo ?? null) : now.photo);
    if (isHeld) this.#tell("warn", t("editor_photo.held", { why: visible(now.reason ?? "") }));
    else if (now.state === "refused")
      this.#tell("bad", t("editor_photo.refused", { why: reasonText(now.reason ?? "") }));
    else this.#tell("", now.photo ? t("editor_photo.shown") : t("editor_photo.none"));
  }

  /** @param {Photo | null} photo */
  #show(photo) {
    fill(this.#frame, thumbnail(photo, "144px"));
  }

  /**
   * @param {"" | "warn" | "bad"} kind
   * @param {string} text
   */
  #tell(kind, text) {
    fill(
      this.#told,
      kind
        ? el("div", { class: `banner ${kind}` }, icon("alert"), el("p", { class: "small" }, text))
        : el("p", { class: "small quiet" }, text),
    );
  }
}
