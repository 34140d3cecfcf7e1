// Gives each follower what it needs, by as few streams as that takes.

import { groupOf, isWanted, streamsFor } from "./live_needs.js";
import { LiveStream } from "./live_stream.js";

/** @typedef {import("./live_needs.js").Need} Need */
/** @typedef {import("./live_stream.js").CloudEvent} CloudEvent */
/** @typedef {import("./live_stream.js").Health} Health */
/** @typedef {import("./live_stream.js").Told} Told */
/**
 * What a follower is told: how its stream is; that it has to read the whole state now, since what
 * came before is not known to it; an event after that. `position` is how far it has followed, and
 * the same for all of a stream, so that another worker can go on for all of them.
 * @typedef {{kind: "health", health: Health} | {kind: "refresh", position: string} | {kind: "event", event: CloudEvent, position: string} | {kind: "ping", position: string}} ToFollower
 */
/** @typedef {{need: Need, tell: (told: ToFollower) => void, isBehind: boolean}} Follower */

/** The followers, and their streams by group. */
export class LiveHub {
  /** @type {Set<Follower>} In the order in which they were last looked at. */
  #followers = new Set();
  /** @type {Map<string, LiveStream>} */
  #streams = new Map();
  /** @type {Map<string, string>} Where the streams ended that there was no room for. */
  #ended = new Map();

  /**
   * Adds a follower. With a position it goes on there, if its stream can; else it is behind.
   * @param {Need} need
   * @param {string} position
   * @param {Follower["tell"]} tell
   * @returns {Follower}
   */
  join(need, position, tell) {
    const follower = { need, tell, isBehind: true };
    const group = groupOf(need);
    const known = this.#streams.get(group)?.position ?? this.#ended.get(group);
    if (position) follower.isBehind = known !== undefined && known !== position;
    if (known === undefined) this.#ended.set(group, position);
    this.#followers.add(follower);
    this.#update();
    const stream = this.#streams.get(group);
    tell({ kind: "health", health: stream?.health ?? "stale" });
    if (stream?.isOpen) this.#catchUp(group);
    return follower;
  }

  /** @param {Follower} follower */
  leave(follower) {
    this.#followers.delete(follower);
    this.#update();
  }

  /** @param {Follower} follower whose tab is looked at now: it comes before others */
  prefer(follower) {
    if (!this.#followers.delete(follower)) return;
    this.#followers.add(follower);
    this.#update();
  }

  /** Lets every stream that is not live try again. */
  hurry() {
    for (const stream of this.#streams.values()) stream.hurry();
  }

  /** @param {Follower} follower */
  position(follower) {
    return this.#streams.get(groupOf(follower.need))?.position ?? "";
  }

  /** Opens, widens, narrows and closes streams; where one goes on, its position is kept. */
  #update() {
    const wanted = streamsFor([...this.#followers].map(({ need }) => need));
    for (const [group, stream] of this.#streams) {
      if (!wanted.has(group)) this.#end(group, stream);
    }
    for (const [group, query] of wanted) this.#open(group, query);
    const groups = new Set([...this.#followers].map(({ need }) => groupOf(need)));
    for (const group of this.#ended.keys()) if (!groups.has(group)) this.#ended.delete(group);
  }

  /**
   * @param {string} group
   * @param {string} query
   */
  #open(group, query) {
    const before = this.#streams.get(group);
    if (before?.query === query) return;
    before?.close();
    const position = before?.position ?? this.#ended.get(group) ?? "";
    const tell = (/** @type {Told} */ told) => this.#pass(group, told);
    const health = before?.health ?? "connecting";
    this.#streams.set(group, new LiveStream(query, tell, { position, health }));
    this.#ended.delete(group);
  }

  /**
   * @param {string} group
   * @param {LiveStream} stream
   */
  #end(group, stream) {
    stream.close();
    this.#streams.delete(group);
    this.#ended.set(group, stream.position);
    for (const follower of this.#of(group)) follower.tell({ kind: "health", health: "stale" });
  }

  /**
   * @param {string} group
   * @param {Told} told
   */
  #pass(group, told) {
    if (told.kind === "open") this.#catchUp(group);
    for (const follower of this.#of(group)) {
      const position = this.position(follower);
      if (told.kind === "health") follower.tell(told);
      else if (told.kind === "reset") follower.tell({ kind: "refresh", position });
      else if (told.kind === "event") {
        const wanted = isWanted(follower.need, told.event);
        follower.tell(wanted ? { ...told, position } : { kind: "ping", position });
      }
    }
  }

  /** @param {string} group */
  #catchUp(group) {
    for (const follower of this.#of(group).filter(({ isBehind }) => isBehind)) {
      follower.isBehind = false;
      follower.tell({ kind: "refresh", position: this.position(follower) });
    }
  }

  /** @param {string} group */
  #of(group) {
    return [...this.#followers].filter(({ need }) => groupOf(need) === group);
  }
}
