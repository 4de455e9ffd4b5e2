// The map: boxes and lines in an SVG, with a pointer and with keys.

import { box, picture } from "./box.js";
import { Camera } from "./camera.js";
import { BOX } from "./layout.js";
import { svg } from "./svg.js";
import { relationName } from "./words.js";

const NAMED = 12; // with more lines than that at one node, their names would cover each other

/** `view` is the page's SVG; `act(name, node, side)` does "toggle" or "choose". */
export class LineageMap {
  constructor(view, act) {
    Object.assign(this, { view, act, shown: { nodes: [], edges: [] }, places: new Map(), drawn: new Map(), bounds: [], at: "start" });
    this.lines = svg("g", { class: "lines", "aria-hidden": "true" });
    this.boxes = svg("g", { class: "boxes" });
    this.scene = svg("g", {}, this.lines, this.boxes);
    const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z" }));
    view.replaceChildren(svg("defs", {}, arrow), this.scene);
    this.camera = new Camera(view, this.scene, () => this.cull());
    view.addEventListener("click", (event) => this.onClick(event));
    view.addEventListener("keydown", (event) => this.onKey(event));
    // Around the view: in an SVG, Chromium takes whatever listens to the focus for something that Tab should reach.
    view.parentElement.addEventListener("focusin", (event) => this.choose(event.target.closest(".node")?.dataset.key));
  }

  /** Draws what `visible` gave at the places that the layout found. `anchor` is a key that stays where it is seen; null
   * shows the drawing anew. */
  draw(shown, sides, anchor) {
    const before = this.places.get(anchor);
    this.shown = shown;
    this.places = new Map(sides.flatMap(({ places }) => [...places]));
    this.byKey = new Map(shown.nodes.map((node) => [node.key, node]));
    this.beside = new Map(shown.nodes.map((node) => [node.key, []]));
    const hadFocus = this.view.contains(document.activeElement) && document.activeElement !== this.view;
    const boxes = shown.nodes.map((node) => box(node, this.places.get(node.key)));
    this.drawn = new Map(shown.nodes.map((node, place) => [node.key, boxes[place]]));
    this.bounds = shown.nodes.map((node) => bound(this.drawn.get(node.key), [this.places.get(node.key)], () => picture(node)));
    const lines = sides.flatMap((side) => side.edges.map((edge, place) => this.line(edge, side.lines[place])));
    this.lines.replaceChildren(...lines);
    this.boxes.replaceChildren(...boxes);
    if (!this.drawn.has(this.at)) this.at = "start";
    this.choose(this.at);
    const after = this.places.get(anchor);
    if (before && after) {
      const { x, y, zoom } = this.camera;
      this.camera.set(x + (before.x - after.x) * zoom, y + (before.y - after.y) * zoom);
    } else this.fit(); // only now, as what was chosen is told below the map and takes of its height
    this.cull();
    if (hadFocus) this.drawn.get(this.at).focus({ preventScroll: true });
  }

  line(edge, points) {
    const made = edge.side === "upstream" ? points : [...points].reverse(); // from what was made to what it was made of
    const drawn = svg("g", { class: edge.via ? "edge across" : "edge" });
    const path = () => svg("path", { class: "line", d: curve(made), "marker-end": "url(#arrow)" });
    const via = () => (edge.via ? [label(`via ${edge.via}`, made, 14, "via")] : []);
    this.bounds.push(bound(drawn, made, () => [path(), ...via()]));
    const how = () => label(edge.relations.map(relationName).join(", "), made, -5, "how");
    this.beside.get(edge.near).push({ key: edge.far, drawn, how });
    this.beside.get(edge.far).push({ key: edge.near, drawn, how });
    return drawn;
  }

  // What is out of sight is an empty group, or not displayed: of a thousand, texts and arrows would cost most of the
  // time. (A group that is itself not displayed is laid out all the same, so its parts are what is hidden.)
  cull() {
    const { x, y, zoom, size } = this.camera;
    const [w, h] = [BOX.width, BOX.height * 2];
    for (const one of this.bounds) {
      const { drawn, left, right, top, bottom } = one;
      const seen = right * zoom + x > -w && left * zoom + x < size.width + w && bottom * zoom + y > -h && top * zoom + y < size.height + h;
      if (seen === one.seen) continue;
      one.seen = seen;
      if (seen && one.parts) {
        drawn.prepend(...one.parts());
        one.parts = null;
      }
      drawn.classList.toggle("off", !seen);
    }
  }

  /** The extent of the drawing. */
  get extent() {
    const all = [...this.places.values()];
    const bound = (pick, by) => by(...all.map(pick));
    const [w, h] = [BOX.width / 2 + 40, BOX.height / 2 + 10];
    return {
      left: bound((one) => one.x, Math.min) - w, right: bound((one) => one.x, Math.max) + w,
      top: bound((one) => one.y, Math.min) - h, bottom: bound((one) => one.y, Math.max) + h,
    };
  }

  fit(whole = false) {
    this.camera.fit(this.extent, { x: 0, y: 0 }, whole);
  }

  /** Makes the node the one that Tab reaches, and its neighbours stand out. */
  choose(key) {
    if (!this.drawn.has(key)) return;
    for (const element of this.view.querySelectorAll(".chosen, .near")) element.classList.remove("chosen", "near");
    this.drawn.get(this.at)?.setAttribute("tabindex", -1);
    const changed = this.at !== key;
    this.at = key;
    const drawn = this.drawn.get(key);
    drawn.setAttribute("tabindex", 0);
    drawn.classList.add("chosen");
    const beside = this.beside.get(key);
    this.view.classList.toggle("crowded", beside.length > NAMED);
    for (const one of beside) {
      one.drawn.classList.add("near");
      if (beside.length <= NAMED && !one.drawn.querySelector(".how")) one.drawn.append(one.how());
      this.lines.append(one.drawn); // on top of the other lines
      this.drawn.get(one.key).classList.add("near");
    }
    this.act("choose", this.byKey.get(key), null, changed);
  }

  /** Puts the focus on a node and moves it into sight. */
  go(key) {
    if (!this.drawn.has(key)) return;
    this.camera.show(this.places.get(key), { width: BOX.width / 2 + 30, height: BOX.height / 2 + 12 });
    this.cull();
    this.drawn.get(key).focus({ preventScroll: true });
  }

  /** Moves just so far that something of what was opened on that side is seen. */
  reveal(key, side) {
    const beside = this.beside.get(key).map((one) => one.key).filter((one) => this.byKey.get(one).side === side);
    const next = this.nearest(beside.filter((one) => one !== key), this.places.get(key));
    if (next) this.camera.show(this.places.get(next), { width: BOX.width / 2 + 30, height: BOX.height / 2 + 12 });
  }

  onClick(event) {
    const drawn = event.target.closest(".node");
    if (!drawn) return;
    const node = this.byKey.get(drawn.dataset.key);
    drawn.focus({ preventScroll: true });
    const handle = event.target.closest(".handle");
    if (handle) this.act("toggle", node, handle.dataset.side);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const doing = {
      ArrowLeft: () => this.go(this.along(-1)), ArrowRight: () => this.go(this.along(1)),
      ArrowUp: () => this.go(this.within(-1)), ArrowDown: () => this.go(this.within(1)),
      Home: () => this.go("start"), Enter: () => this.toggle(), " ": () => this.toggle(),
      "+": () => this.camera.by(1.25), "=": () => this.camera.by(1.25), "-": () => this.camera.by(0.8),
      0: () => this.fit(true),
    }[event.key];
    if (!doing) return;
    event.preventDefault();
    doing();
  }

  toggle() {
    this.act("toggle", this.byKey.get(this.at), null);
  }

  // The neighbour over an edge to that side that is nearest in height.
  along(turn) {
    const here = this.places.get(this.at);
    return this.nearest(this.beside.get(this.at).map((one) => one.key).filter((key) => (this.places.get(key).x - here.x) * turn > 0), here);
  }

  // The next node in the same column.
  within(turn) {
    const here = this.places.get(this.at);
    return this.nearest([...this.places].flatMap(([key, place]) => (place.x === here.x && (place.y - here.y) * turn > 0 ? [key] : [])), here);
  }

  nearest(keys, { y }) {
    const far = (key) => Math.abs(this.places.get(key).y - y);
    return keys.reduce((best, key) => (best === null || far(key) < far(best) ? key : best), null);
  }
}

// A group with the extent of its points, and what gives its parts when it is seen first.
function bound(drawn, points, parts) {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  return { drawn, parts, seen: false, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

// Halfway between the two columns in the middle of the line.
function label(text, points, lift, name) {
  const at = Math.floor((points.length - 1) / 2);
  const [a, b] = [points[at], points[at + 1]];
  return svg("text", { class: `label ${name}`, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + lift, "text-anchor": "middle" }, text);
}

// From box to box, straight through the columns between.
function curve(points) {
  const turn = Math.sign(points[points.length - 1].x - points[0].x) || 1;
  const half = (BOX.width / 2) * turn;
  let at = { x: points[0].x + half, y: points[0].y };
  let path = `M${at.x} ${at.y.toFixed(1)}`;
  points.slice(1).forEach(({ x, y }, place) => {
    const bend = (x - half - at.x) / 2;
    path += `C${at.x + bend} ${at.y.toFixed(1)} ${x - half - bend} ${y.toFixed(1)} ${x - half} ${y.toFixed(1)}`;
    if (place < points.length - 2) path += `H${x + half}`;
    at = { x: x + half, y };
  });
  return path;
}
