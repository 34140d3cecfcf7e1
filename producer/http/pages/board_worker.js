// A shared worker: it has the one stream of all the browser's tabs, and lives as long as any of them.

import { CHANNEL } from "/pages/board_tabs.js";
import { openStream } from "/pages/board_stream.js";

const channel = new BroadcastChannel(CHANNEL);
let connection = null;

openStream((event) => {
  if (event.kind === "open" || event.kind === "lost") connection = event;
  channel.postMessage(event);
});

self.onconnect = ({ ports: [tab] }) => {
  if (connection) tab.postMessage(connection);
};
