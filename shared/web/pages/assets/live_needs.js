// Which streams the tabs of a browser need: decisions alone.

/** What a tab follows: topics, or what they have about one order. */
/** @typedef {{topics: string[], orderId: string}} Need */

const OF_STAFF = "order-events";
const BOARD = "board";
const BOARD_TYPE = "coffeeshop.board.";
const ORDER_TYPE = "coffeeshop.order.";

/** Browsers open six connections to a host over HTTP/1.1; the others are for requests. */
export const MOST_STREAMS = 4;

/**
 * Says which needs share a stream. What is for staff has one of its own: when its key is withdrawn,
 * the others go on.
 * @param {Need} need
 */
export function groupOf({ topics, orderId }) {
  if (orderId) return `order ${orderId}`;
  return topics.includes(OF_STAFF) ? "staff" : "everybody";
}

/**
 * Lists the streams that serve all needs, by group, each with its query; of more than there may be,
 * those of the latest needs.
 * @param {Need[]} needs in the order in which they were last looked at
 * @returns {Map<string, string>}
 */
export function streamsFor(needs) {
  /** @type {Map<string, Set<string>>} */
  const groups = new Map();
  for (const need of needs.toReversed()) {
    const topics = groups.get(groupOf(need)) ?? new Set();
    for (const topic of need.topics) topics.add(topic);
    groups.set(groupOf(need), topics);
  }
  const kept = [...groups].slice(0, MOST_STREAMS);
  return new Map(kept.map(([group, topics]) => [group, queryOf(group, [...topics].sort())]));
}

/**
 * Tells whether an event of a group's stream is one that was asked for.
 * @param {Need} need
 * @param {{type: string, subject?: string}} event
 */
export function isWanted({ topics }, { type, subject = "" }) {
  if (type.startsWith(BOARD_TYPE)) return topics.includes(BOARD);
  if (type.startsWith(ORDER_TYPE)) return topics.includes(OF_STAFF);
  return topics.includes(subject);
}

/**
 * @param {string} group
 * @param {string[]} topics
 */
function queryOf(group, topics) {
  const query = new URLSearchParams({ topics: topics.join(",") });
  if (group.startsWith("order ")) query.set("order_id", group.slice("order ".length));
  return query.toString();
}
