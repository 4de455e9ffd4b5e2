// What the page says around map and table: how much is shown, what is not and why, and what went wrong.

import { graphiqlLink } from "./data.js";
import { html } from "./svg.js";
import { SIDES } from "./walk.js";
import { figure, kindName, many, named, plain, title } from "./words.js";

// A walk that ended before the hops did has told all there is.
function hops({ walk, depth }) {
  const furthest = Math.max(0, ...walk.counts.map((count) => count.depth));
  return furthest < depth && walk.completeness.reason !== "LIMIT" ? "in all" : `within ${many(depth, "hop")}`;
}
const kinds = (list) => list.map(({ kind, count }) => many(Number(count), kindName(kind).replace(/^[A-Z](?!&)/, (letter) => letter.toLowerCase()))).join(", ");

/** "Shown: 5 upstream and 8 downstream, 2 of them hidden." */
export function status(shown) {
  const count = (side) => shown.nodes.filter((node) => node.side === side).length;
  const hidden = shown.nodes.filter((node) => node.hidden).length;
  const more = hidden ? `, ${figure(hidden)} of them hidden from you` : "";
  return `Shown: ${figure(count("upstream"))} upstream and ${figure(count("downstream"))} downstream${more}.`;
}

/** Lines about what was asked of begat and is known, each side its own. */
export function notes(lineage) {
  return SIDES.flatMap((side) => {
    const { walk, total, more } = lineage.sides[side];
    if (!walk) return [];
    const byKind = new Map();
    for (const { kind, count } of walk.counts) byKind.set(kind, (byKind.get(kind) || 0) + Number(count));
    const counted = kinds([...byKind].map(([kind, count]) => ({ kind, count })));
    const lines = [`${plain(side)}, ${hops(lineage.sides[side])}: ${total ? counted : "nothing"}.`];
    if (more) lines.push(`${plain(side)}, the page knows the nearest ${figure(walk.nodes.nodes.length)} of ${figure(total)}. To go on from one of them, open its own page.`);
    const { reason, omitted } = walk.completeness;
    if (omitted.length) lines.push(`Hidden from you ${side}: ${kinds(omitted)}. You lack a role in their projects.`);
    if (reason && reason !== "HIDDEN") lines.push(CUT[reason] ? `${plain(side)}: ${CUT[reason]}` : `${plain(side)}, the answer is not all there is (${reason}).`);
    return lines;
  });
}

const CUT = {
  LIMIT: "there is more than one walk reaches, so this is not all. Choose fewer hops, or open an asset nearer to what you look for.",
  DEADLINE: "the walk ran out of time, so this is not all. Choose fewer hops.",
};

/** Fills the panel about the node that is chosen. */
export function panel(place, node, known, href, filter) {
  const own = node.id === node.asset ? [["Status", plain(node.status)], ["Owner", node.owner || "nobody"]] : [];
  const facts = node.hidden
    ? [["Kind", kindName(node.kind)], ["Hidden", "not for you to see; it is counted, and what lies behind it is shown"]]
    : [["Kind", kindName(node.kind)], ...own, ["Retention", plain(node.retention)], ["Id", node.id]];
  facts.push(["Depth", node.side === "start" ? "the start" : `${many(node.depth, "hop")} ${node.side}`]);
  const links = node.hidden ? [] : [
    node.side === "start" ? null : html("a", { href: href(node) }, "Its own lineage"),
    html("a", { href: graphiqlLink(node.asset, node.side === "downstream" ? "downstream" : "upstream", 1, filter) }, "Query in GraphiQL"),
  ];
  place.replaceChildren(
    html("h2", {}, title(node)),
    html("dl", {}, ...facts.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value)))),
    html("p", { class: "links" }, ...links.filter(Boolean)),
  );
}

const SORTS = { v: "a version", s: "a snapshot", g: "a generation", e: "an evaluation" };

/** What stands there where no asset has the id; `of` is the asset that the part before its colon names, where it does. */
export function nothing(id, of) {
  const sort = SORTS[/:([a-z])\d+$/.exec(id)?.[1]];
  if (of && sort) return { title: `This is ${sort}, not an asset`, text: "Its lineage is its asset's at level Versions.", link: [`/lineage/${encodeURIComponent(of.id)}?level=VERSION`, `Open ${named(of)}`] };
  if (/^(pair|feedback)_/.test(id)) return { title: "This is a row, not an asset", text: "Rows have no page of their own. Ask for a row's lineage in GraphiQL.", link: ["/graphql", "Open GraphiQL"] };
  return { title: "Nothing here has this id", text: `There is no asset ${id}, or it is not for you to see. Check the id or the link that you followed; who owns the asset can give you a role in its project.`, link: ["/graphql", "Find assets in GraphiQL"] };
}
