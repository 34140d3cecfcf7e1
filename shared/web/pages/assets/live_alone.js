// A tab's link to streams of its own, where browsers have no shared workers: while it is looked at,
// unless it has to call somebody who does not look.

import { LiveHub } from "./live_hub.js";
import { listening } from "./live_link.js";

/** @typedef {import("./live_needs.js").Need} Need */
/** @typedef {import("./live_hub.js").Follower} Follower */
/** @typedef {import("./live_hub.js").ToFollower} ToFollower */

const hub = new LiveHub();

/**
 * @param {Need} need
 * @param {(told: ToFollower) => void} tell
 * @param {boolean} whileHidden
 */
export function linkAlone(need, tell, whileHidden) {
  /** @type {Follower | null} */
  let follower = null;
  let position = "";
  const leave = () => {
    if (!follower) return;
    position = hub.position(follower);
    hub.leave(follower);
    follower = null;
  };
  const update = () => {
    if (document.hidden && !whileHidden) leave();
    else follower ??= hub.join(need, position, tell);
  };
  const stop = listening({
    visibilitychange: update,
    online: () => hub.hurry(),
    pagehide: leave,
    pageshow: update,
  });
  update();
  return () => {
    stop();
    leave();
  };
}
