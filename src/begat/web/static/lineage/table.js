// The table says what the map shows, row by row, and does what the map does: the equal path.

import { sidesOf } from "./box.js";
import { html, svg } from "./svg.js";
import { kindName, MARK, plain, relationName, title, toneOf } from "./words.js";

/** Fills `body` with a row for each node that `visible` gave. `act(name, node, side)` as for the map, `href(node)` the
 * address of the node's own page. */
export function fill(body, { nodes, edges }, act, href) {
  const how = relations(nodes, edges);
  const focus = document.activeElement?.closest?.("#table button");
  const again = focus && body.contains(focus) ? [focus.dataset.key, focus.dataset.side] : null;
  body.replaceChildren(...nodes.map((node) => row(node, how.get(node.key) || [], act, href)));
  if (!again) return;
  const rows = [...body.querySelectorAll("button")].filter((button) => button.dataset.key === again[0]);
  (rows.find((button) => button.dataset.side === again[1]) || rows[0] || body.querySelector("a, button"))?.focus();
}

/** Marks the row of the node that is chosen. */
export function mark(body, key) {
  for (const row of body.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
  for (const row of body.rows) {
    if (row.dataset.key === key) {
      row.setAttribute("aria-current", "true");
      return row;
    }
  }
  return null;
}

// In words, seen from what is nearer to the start: "built from" it, or "which is built from" the start.
function relations(nodes, edges) {
  const name = new Map(nodes.map((node) => [node.key, node.side === "start" ? "the start" : title(node)]));
  const found = new Map();
  for (const edge of edges) {
    const words = edge.relations.map(relationName).join(", ") + (edge.via ? ` via ${edge.via}` : "");
    const text = edge.side === "upstream" ? `${name.get(edge.near)}: ${words} this` : `${words} ${name.get(edge.near)}`;
    found.set(edge.far, [...(found.get(edge.far) || []), text]);
  }
  return found;
}

function row(node, how, act, href) {
  const live = !node.retention || node.retention === "LIVE";
  return html(
    "tr",
    { "data-key": node.key, class: node.hidden ? "hidden" : null },
    html("td", {}, kindName(node.kind)),
    html("th", { scope: "row" }, node.hidden ? "hidden" : html("a", { href: href(node), "data-key": node.key }, title(node))),
    html("td", {}, ...status(node)),
    html("td", { class: live ? null : "gone" }, node.hidden ? "" : plain(node.retention)),
    html("td", { class: "depth" }, node.side === "start" ? "start" : `${node.depth} ${node.side === "upstream" ? "up" : "down"}`),
    html("td", { class: "how" }, ...listed(how)),
    html("td", { class: "open" }, ...sidesOf(node).map((side) => button(node, side, act))),
  );
}

// Many relations to one node are told in one cell only as far as somebody will read.
function listed(how) {
  const shown = how.slice(0, 3).flatMap((text, place) => (place ? [html("br"), text] : [text]));
  return how.length > 3 ? [...shown, html("br"), `and ${how.length - 3} more`] : shown;
}

function status(node) {
  if (node.hidden) return ["not for you to see"];
  const tone = toneOf(node.status);
  return [
    svg("svg", { class: "glyph", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" }, svg("path", { class: `mark ${tone}`, d: MARK[tone] })),
    ` ${plain(node.status)}`,
  ];
}

function button(node, side, act) {
  const folds = side.expanded && !side.behind;
  const what = node.side === "start" ? side.side : "";
  const text = folds ? "Fold" : side.behind ? `Show ${side.behind}` : "Open";
  const made = html(
    "button",
    {
      type: "button",
      "data-key": node.key,
      "data-side": side.side,
      "aria-expanded": String(Boolean(folds)),
      "aria-label": `${text}${what ? ` ${what}` : ""}: ${node.hidden ? `hidden ${kindName(node.kind)}` : title(node)}`,
    },
    `${text}${what ? ` ${what === "upstream" ? "up" : "down"}` : ""}`,
  );
  made.addEventListener("click", () => act("toggle", node, side.side));
  return made;
}
