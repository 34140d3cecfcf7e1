// What the editor shows: the menu as a document, what of it is sold out, and the photos. A change is
// made to the newest version; where somebody else was faster, it is made once more to theirs.

import { request, RequestError, requestVersion } from "/assets/http.js";
import { setHealth } from "/assets/live_status.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_document.js").Change} Change */
/** @typedef {import("./menu.js").Item} ShownItem */
/** @typedef {import("./menu.js").Photo} Photo */
/** @typedef {{version: number, at: string, by: string, changes: string}} Version */
/** @typedef {{item_id: string, state: "shown" | "waiting" | "refused" | "taken-off", reason: string | null, needs_consent: boolean, photo: Photo | null}} ListedPhoto */

const EVERY_MS = 10_000;
const MOST_TRIES = 4;
const MOST_TOLD = 20;

/** Somebody else has changed what was to be changed. */
export class ChangedMeanwhileError extends Error {}

export class EditorState {
  /** @type {MenuDocument | null} */
  menu = null;
  /** @type {Map<string, ShownItem>} */
  shown = new Map();
  /** @type {Map<string, ListedPhoto>} */
  photos = new Map();
  /** @type {MenuDocument | null} The menu as the shop had it last, without what is being changed. */
  #kept = null;
  /** Whether the last look at the shop was in vain. */
  hasFailed = false;
  #etag = "";
  /** Changes are made one after the other. */
  #last = Promise.resolve();
  #open = 0;

  /** @param {() => void} show is called after each change of what there is to show */
  constructor(show) {
    this.show = show;
  }

  /** Reads everything that is new. Raises RequestError. */
  async refresh() {
    if (this.#open > 0) return;
    const [now, listed] = await Promise.all([
      request("GET", "/menu"),
      request("GET", "/menu/photos"),
    ]);
    if (this.#open > 0) return;
    this.shown = new Map(now.items.map((/** @type {ShownItem} */ item) => [item.id, item]));
    this.photos = new Map(
      listed.photos.map((/** @type {ListedPhoto} */ one) => [one.item_id, one]),
    );
    if (now.version !== this.version) await this.#readMenu();
    this.show();
  }

  /** The version that is shown; 0 before the first. */
  get version() {
    return Number(/\d+/.exec(this.#etag)?.[0] ?? 0);
  }

  /** The version for `If-Match`. */
  get etag() {
    return this.#etag;
  }

  /** Keeps what is shown as the shop has it. */
  keep() {
    const look = async () => {
      try {
        if (!document.hidden || !this.menu) await this.refresh();
        this.hasFailed = false;
        setHealth(this, "live");
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        this.hasFailed = true;
        setHealth(this, "stale");
        this.show();
      }
    };
    const looks = async () => {
      try {
        await look();
      } finally {
        setTimeout(() => void looks(), this.menu ? EVERY_MS : EVERY_MS / 4);
      }
    };
    void looks();
    for (const name of ["online", "pageshow"]) addEventListener(name, () => void look());
    document.addEventListener("visibilitychange", () => void look());
  }

  /**
   * Makes a change, which is shown at once when `isShown`. Raises RequestError, and
   * ChangedMeanwhileError when `isGood` says that the change does not fit what is there now.
   * @param {Change} change
   * @param {{isShown?: boolean, isGood?: (menu: MenuDocument) => boolean, after?: Promise<void>}} [options]
   *   `after` is what it waits for before it is sent
   * @returns {Promise<Version[]>} what others did meanwhile, the newest first
   */
  change(change, { isShown = false, isGood = () => true, after = Promise.resolve() } = {}) {
    if (isShown && this.menu) this.menu = change(this.menu); // which may throw
    this.#open += 1;
    const changed = Promise.all([this.#last, after]).then(() => this.#put(change, isGood));
    this.#last = changed.then(
      () => this.#done(),
      () => this.#done(),
    );
    this.show();
    return changed;
  }

  /**
   * Shows what will be part of a change that is still to be sent.
   * @param {Change} change
   */
  showNow(change) {
    if (this.menu) this.menu = change(this.menu);
    this.show();
  }

  #done() {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.menu = this.#kept;
    void this.refresh().catch(() => this.show());
  }

  /**
   * @param {Change} change
   * @param {(menu: MenuDocument) => boolean} isGood
   */
  async #put(change, isGood) {
    /** @type {Version[]} */
    let others = [];
    for (let tries = 1; ; tries += 1) {
      const base = await this.#base();
      if (!isGood(base)) throw new ChangedMeanwhileError();
      try {
        this.#keep(
          await requestVersion("PUT", "/menu/document", {
            body: change(base),
            headers: { "If-Match": this.#etag },
          }),
        );
        return others;
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        if (error.status !== 412 || tries === MOST_TRIES) throw error;
        const since = this.version;
        await this.#readMenu();
        others = [...(await versionsSince(since)), ...others];
      }
    }
  }

  async #base() {
    if (!this.#kept) await this.#readMenu();
    return /** @type {MenuDocument} */ (this.#kept);
  }

  async #readMenu() {
    this.#keep(await requestVersion("GET", "/menu/document"));
  }

  /** @param {{value: MenuDocument, etag: string}} read */
  #keep({ value, etag }) {
    this.#kept = value;
    this.#etag = etag;
    if (this.#open <= 1) this.menu = value;
    this.show();
  }
}

/** @param {number} version */
export async function versionsSince(version) {
  const { versions } = await request("GET", `/menu/versions?limit=${MOST_TOLD}`);
  return /** @type {Version[]} */ (versions).filter((one) => one.version > version);
}
