// Keeps a display from going dark, where the browser allows that (Screen Wake Lock).

/** Holds the screen's lock whenever the page is seen; the browser takes it away when it is not. */
export function stayAwake() {
  const hold = async () => {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    await navigator.wakeLock.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", () => void hold());
  void hold();
}
