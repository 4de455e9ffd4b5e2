// The table says what the map shows, row by row, and does what the map does: the equal path.

import { sidesOf } from "./box.js";
import { html, svg } from "./svg.js";
import { kindName, MARK, plain, relationName, title, toneOf } from "./words.js";

const AT_ONCE = 150; // rows that a browser lays out without anybody noticing

/** The table in `body` (a tbody). `act(name, node, side)` as for the map, `href(node)` the address of a node's own
 * page. */
export class LineageTable {
  constructor(body, act, href) {
    Object.assign(this, { body, act, href, rows: new Map(), current: null, filling: 0 });
  }

  /** A row for each node that `visible` gave; long tables come in parts, so that nothing waits for their end. */
  async fill({ nodes, edges }) {
    const filling = ++this.filling;
    const how = relations(nodes, edges);
    const focus = this.body.contains(document.activeElement) ? { ...document.activeElement.dataset } : null;
    this.rows = new Map();
    this.body.replaceChildren();
    this.body.closest("table").setAttribute("aria-busy", "true");
    for (let at = 0; at < nodes.length; at += AT_ONCE) {
      if (at) await new Promise((resolve) => setTimeout(resolve));
      if (filling !== this.filling) return;
      const part = nodes.slice(at, at + AT_ONCE).map((node) => row(node, how.get(node.key) || [], this.act, this.href));
      for (const one of part) this.rows.set(one.dataset.key, one);
      this.body.append(...part);
      this.rows.get(this.current)?.setAttribute("aria-current", "true");
      if (focus && this.rows.has(focus.key)) this.refocus(focus);
    }
    this.body.closest("table").setAttribute("aria-busy", "false");
  }

  // The button that was pressed is another one now: its row's of the same side, else the row's link.
  refocus({ key, side }) {
    if (document.activeElement !== document.body) return; // whoever went on elsewhere stays there
    const row = this.rows.get(key);
    const same = [...row.querySelectorAll("button")].find((button) => button.dataset.side === side);
    (same || row.querySelector("button, a"))?.focus({ preventScroll: true });
  }

  /** Marks the row of the node that is chosen; `show` moves it into sight. */
  mark(key, show) {
    this.rows.get(this.current)?.removeAttribute("aria-current");
    this.current = key;
    const row = this.rows.get(key);
    row?.setAttribute("aria-current", "true");
    if (show) row?.scrollIntoView({ block: "nearest" });
  }
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
    html("td", { class: "status" }, ...status(node)),
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
  if (!node.status) return [];
  const tone = toneOf(node.status);
  return [
    svg("svg", { class: "glyph", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" }, svg("path", { class: `mark ${tone}`, d: MARK[tone] })),
    `\u00a0${plain(node.status)}`,
  ];
}

function button(node, side, act) {
  const what = node.side === "start" ? side.side : "";
  const text = side.folds ? "Fold" : side.behind ? `Show ${side.behind}` : "Open";
  const made = html(
    "button",
    {
      type: "button",
      "data-key": node.key,
      "data-side": side.side,
      "aria-expanded": String(side.folds),
      "aria-label": `${text}${what ? ` ${what}` : ""}: ${node.hidden ? `hidden ${kindName(node.kind)}` : title(node)}`,
    },
    `${text}${what ? ` ${what === "upstream" ? "up" : "down"}` : ""}`,
  );
  made.addEventListener("click", () => act("toggle", node, side.side));
  return made;
}
