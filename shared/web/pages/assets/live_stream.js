// One live stream, and how it is: it resumes where it was, and a silent one is opened anew.

/** @typedef {"connecting" | "live" | "stale"} Health */
/** @typedef {{type: string, data: any, subject?: string, time: string, id: string}} CloudEvent */
/**
 * What a stream tells: how it is; that it is open, once after each time that it was opened; an
 * event; and that events may be missing.
 * @typedef {{kind: "health", health: Health} | {kind: "open"} | {kind: "event", event: CloudEvent} | {kind: "reset"}} Told
 */

const STALE_MS = 5000;
const ANEW_MS = 10_000;
const REFUSED_MS = 5000;
const LOOK_MS = 250;

/** An EventSource that goes on at `position`, which is the id of the last event, or empty. */
export class LiveStream {
  /** @type {EventSource | null} */
  #source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #heard = -Infinity;
  #tried = 0;
  #isOpen = false;
  #timer = setInterval(() => this.#look(), LOOK_MS);

  /**
   * @param {string} query
   * @param {(told: Told) => void} tell
   * @param {{position?: string, health?: Health}} [before] how the stream was that this one replaces
   */
  constructor(query, tell, { position = "", health = "connecting" } = {}) {
    this.query = query;
    this.position = position;
    this.health = health;
    this.tell = tell;
    if (health === "live") this.#heard = performance.now();
    this.#connect();
  }

  /** Whether it was heard of since it was opened. */
  get isOpen() {
    return this.#isOpen;
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    this.#source?.close();
  }

  /** Opens it anew at once, unless it is live: the network may be back. */
  hurry() {
    if (this.health !== "live") this.#connect();
  }

  #connect() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#isOpen = false;
    this.#tried = performance.now();
    const position = this.position && `&last_event_id=${encodeURIComponent(this.position)}`;
    const source = new EventSource(`/events?${this.query}${position}`);
    source.addEventListener("beat", (message) => this.#hear(message));
    source.addEventListener("reset", (message) => {
      this.#hear(message);
      this.tell({ kind: "reset" });
    });
    source.onmessage = (message) => {
      this.#hear(message);
      this.tell({ kind: "event", event: JSON.parse(message.data) });
    };
    source.onerror = () => this.#fail(source);
    this.#source = source;
  }

  /** @param {MessageEvent} message */
  #hear({ lastEventId }) {
    if (lastEventId) this.position = lastEventId;
    this.#heard = performance.now();
    this.#become("live");
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.tell({ kind: "open" });
  }

  /**
   * A lost connection is mended by the browser, which sends the position; a refusal is final for it.
   * @param {EventSource} source
   */
  #fail(source) {
    this.#isOpen = false;
    this.#become("connecting");
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), REFUSED_MS * (1 + Math.random() / 2));
    this.#tried = performance.now();
  }

  /** Looks for silence: a connection can be dead without an error. */
  #look() {
    const now = performance.now();
    if (this.health === "live" && now - this.#heard > STALE_MS) this.#become("stale");
    if (now - Math.max(this.#heard, this.#tried) > ANEW_MS) this.#connect();
  }

  /** @param {Health} health */
  #become(health) {
    if (this.health === health) return;
    this.health = health;
    this.tell({ kind: "health", health });
  }
}
