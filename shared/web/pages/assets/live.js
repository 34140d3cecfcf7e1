// The live connection: `follow` keeps what a page shows as the shop has it, without a reload.

import { link } from "./live_link.js";
import { setHealth } from "./live_status.js";

/** @typedef {import("./live_stream.js").CloudEvent} CloudEvent */
/** @typedef {import("./live_stream.js").Health} Health */
/** @typedef {import("./live_status.js").Status} Status */
/** @typedef {import("./live_hub.js").ToFollower} ToFollower */
/**
 * `refresh` reads the whole state and shows it; it is called at first, and whenever events may be
 * missing. `event` changes what is shown by one event; what came while the state was read follows
 * after it, so that an event may be older than what is shown: compare `since` or `version`.
 * @typedef {{refresh: () => Promise<unknown>, event: (event: CloudEvent) => void}} Handlers
 */

const MOST_GATHERED = 1000;
const AGAIN_MS = 3000;

/**
 * Follows topics, or only what they have about one order, until `stop` is called; `refresh` has the
 * state read anew. How that goes is told in the bar of the page.
 * @param {string[]} topics
 * @param {{orderId?: string, whileHidden?: boolean}} options `whileHidden` where nobody has to look
 *   at the page to be called; most browsers follow then anyway
 * @param {Handlers} handlers
 * @returns {{stop: () => void, refresh: () => void}}
 */
export function follow(topics, { orderId = "", whileHidden = false }, handlers) {
  const following = new Following(handlers);
  const tell = (/** @type {ToFollower} */ told) => {
    if (told.kind === "health") following.setHealth(told.health);
    else if (told.kind === "refresh") following.refresh();
    else if (told.kind === "event") following.receive(told.event);
  };
  const unlink = link({ topics, orderId }, tell, whileHidden);
  const stop = () => {
    unlink();
    following.end();
  };
  return { stop, refresh: () => following.refresh() };
}

/** What a page follows, in step with reading the whole state. */
class Following {
  /** @type {CloudEvent[] | null} Those that came while the state is read. */
  #gathered = null;
  #isReading = false;
  #asked = 0;
  #hasFailed = false;
  /** @type {Health} */
  #health = "connecting";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    this.#show();
  }

  /** @param {Health} health */
  setHealth(health) {
    this.#health = health;
    this.#show();
  }

  /** Reads the state; if it is being read already, once more after that. */
  refresh() {
    this.#gathered ??= [];
    this.#asked += 1;
    if (!this.#isReading) void this.#read();
  }

  /** @param {CloudEvent} event */
  receive(event) {
    if (!this.#gathered) this.handlers.event(event);
    else if (this.#gathered.push(event) > MOST_GATHERED) {
      this.#gathered = [];
      this.#asked += 1;
    }
  }

  end() {
    clearTimeout(this.#again);
    setHealth(this, null);
  }

  async #read() {
    clearTimeout(this.#again);
    this.#isReading = true;
    let asked, isRead;
    do {
      asked = this.#asked;
      isRead = await this.#tryRead();
    } while (isRead && asked !== this.#asked);
    this.#isReading = false;
    this.#hasFailed = !isRead;
    this.#show();
    if (isRead) this.#release();
    else this.#again = setTimeout(() => this.refresh(), AGAIN_MS);
  }

  async #tryRead() {
    try {
      await this.handlers.refresh();
      return true;
    } catch {
      return false;
    }
  }

  #release() {
    const gathered = this.#gathered ?? [];
    this.#gathered = null;
    for (const event of gathered) this.handlers.event(event);
  }

  /** What could not be read is out of date, however live its stream is. */
  #show() {
    const isLive = this.#health === "live";
    setHealth(this, isLive && this.#hasFailed ? "stale" : this.#health);
  }
}
