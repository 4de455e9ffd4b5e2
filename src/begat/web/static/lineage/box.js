// One node of the map as a drawing.

import { BOX } from "./layout.js";
import { fitted, svg } from "./svg.js";
import { SIDES } from "./walk.js";
import { groupOf, kindName, many, MARK, PICTURE, plain, spoken, title, toneOf } from "./words.js";

const { width, height } = BOX;
const [left, top] = [-width / 2, -height / 2];

const look = (node) => (node.hidden ? "hidden" : groupOf(node.kind));

/** The `g` of a node that `visible` gave, still without its picture; `place` is its middle. */
export function box(node, place) {
  const retention = (node.retention || "live").toLowerCase();
  const sides = sidesOf(node);
  return svg(
    "g",
    {
      class: `node ${look(node)} kept-${retention}${node.side === "start" ? " start" : ""}`,
      transform: `translate(${place.x} ${place.y})`,
      role: "button",
      tabindex: -1,
      "data-key": node.key,
      "aria-label": `${spoken(node)}${sides.map(behindSpoken).join("")}`,
      "aria-expanded": sides.length ? String(sides.some((side) => side.expanded)) : null,
    },
  );
}

/** What is seen of the node. */
export function picture(node) {
  return [
    svg("rect", { class: "face", x: left, y: top, width, height, rx: 8 }),
    svg("rect", { class: "stripe", x: left, y: top, width: 5, height, rx: 2.5 }),
    svg("path", { class: "picture", d: PICTURE[look(node)], transform: `translate(${left + 15} ${top + 9})` }),
    svg("text", { class: "kind", x: left + 33, y: top + 19 }, fitted(sort(node), width - (gone(node) ? 112 : 41), 11)),
    svg("text", { class: "name", x: left + 15, y: top + 38 }, fitted(node.hidden ? "hidden" : node.name, width - 23, 13, 600)),
    ...state(node),
    svg("title", {}, `${title(node)}${node.hidden ? "" : `\n${node.id}`}`),
    ...sidesOf(node).map(handle),
  ];
}

const sort = ({ kind, number }) => (number ? `${kindName(kind)} ${number}` : kindName(kind));
const gone = (node) => node.retention && node.retention !== "LIVE";

function state(node) {
  if (node.hidden) return [svg("text", { class: "status", x: left + 15, y: top + 54 }, "not for you to see")];
  const tone = toneOf(node.status);
  const parts = !node.status ? [] : [
    svg("path", { class: `mark ${tone}`, d: MARK[tone], transform: `translate(${left + 15} ${top + 45})` }),
    svg("text", { class: "status", x: left + 30, y: top + 54 }, fitted(plain(node.status), width - 60, 11)),
  ];
  if (gone(node)) {
    parts.push(
      svg("rect", { class: "tag", x: -left - 76, y: top + 8, width: 68, height: 15, rx: 3 }),
      svg("text", { class: "retention", x: -left - 42, y: top + 19, "text-anchor": "middle" }, plain(node.retention)),
    );
  }
  return parts;
}

/** Where the node can be opened or folded: `{ side, expanded, behind, folds }`, at most one but for the start. */
export function sidesOf({ side, expanded, behind, folds }) {
  if (side !== "start") return expanded === null ? [] : [{ side, expanded, behind, folds }];
  return SIDES.flatMap((one) =>
    expanded[one] === null ? [] : [{ side: one, expanded: expanded[one], behind: behind[one], folds: folds[one] }],
  );
}

/** "+3", "+" (how many is not known yet), or "−" of what is open as far as it can be. */
const sign = ({ folds, behind }) => (folds ? "−" : `+${behind || ""}`);

const behindSpoken = ({ side, expanded, behind }) =>
  behind ? `, ${many(behind, "more")} ${side} not shown`.replace("mores", "more")
    : expanded ? "" : `, not opened ${side}`;

function handle(side) {
  const text = sign(side);
  const wide = 16 + 7 * text.length;
  const x = (side.side === "upstream" ? -1 : 1) * (width / 2 + wide / 2 - 12); // at the outer corner, off the lines
  return svg(
    "g",
    { class: "handle", "data-side": side.side, transform: `translate(${x} ${-top})` },
    svg("rect", { x: -wide / 2, y: -10, width: wide, height: 20, rx: 10 }),
    svg("text", { "text-anchor": "middle", y: 4 }, text),
  );
}
