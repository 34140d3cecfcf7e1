// A tab's link to the streams, by the worker of the browser.

/** @typedef {import("./live_needs.js").Need} Need */
/** @typedef {import("./live_hub.js").ToFollower} ToFollower */
/** @typedef {{kind: "follow", need: Need, position: string} | {kind: "alive"} | {kind: "visible"} | {kind: "online"} | {kind: "leave"}} ToWorker */

const SILENT_MS = 7000;
const LOOK_MS = 1000;

/**
 * Follows a need until the returned function is called, through restarts of the worker too.
 * @param {Need} need
 * @param {(told: ToFollower) => void} tell
 * @param {boolean} whileHidden
 * @returns {() => void}
 */
export function link(need, tell, whileHidden) {
  if ("SharedWorker" in globalThis) return linkToWorker(need, tell);
  // Only the few browsers without shared workers load the rest in a page.
  const linking = import("./live_alone.js").then(({ linkAlone }) =>
    linkAlone(need, tell, whileHidden),
  );
  return () => void linking.then((unlink) => unlink());
}

/**
 * @param {Need} need
 * @param {(told: ToFollower) => void} tell
 */
function linkToWorker(need, tell) {
  /** @type {MessagePort | null} */
  let port = null;
  let heard = 0;
  let position = "";

  const say = (/** @type {ToWorker} */ said) => port?.postMessage(said);
  const leave = () => {
    say({ kind: "leave" });
    port?.close();
    port = null;
  };
  const join = () => {
    leave();
    const url = new URL("live_worker.js", import.meta.url);
    port = new SharedWorker(url, { type: "module", name: "live" }).port;
    port.onmessage = ({ data }) => {
      heard = performance.now();
      if (data.position) position = data.position;
      if (data.kind === "ping") say({ kind: "alive" });
      else tell(data);
    };
    heard = performance.now();
    say({ kind: "follow", need, position });
  };
  const look = () => {
    if (port && performance.now() - heard > SILENT_MS) {
      tell({ kind: "health", health: "connecting" });
      join();
    }
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = listening({
    visibilitychange: () => !document.hidden && say({ kind: "visible" }),
    online: () => say({ kind: "online" }),
    pagehide: leave,
    pageshow: () => port ?? join(),
  });
  join();
  return () => {
    clearInterval(timer);
    stop();
    leave();
  };
}

/**
 * Listens to events of the window, to which those of the document rise, until told to stop.
 * @param {Record<string, () => unknown>} listeners
 */
export function listening(listeners) {
  const ending = new AbortController();
  for (const [name, listener] of Object.entries(listeners)) {
    globalThis.addEventListener(name, listener, { signal: ending.signal });
  }
  return () => ending.abort();
}
