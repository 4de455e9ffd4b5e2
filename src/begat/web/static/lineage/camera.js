// What part of the drawing is seen: panning, zooming, fitting.

const LEAST = 0.02;
const MOST = 2.5;
const LABELS = 0.35; // below this zoom text cannot be read and costs most of the time

/** Moves `scene` inside `view` (both SVG); calls `moved` whenever it did. */
export class Camera {
  constructor(view, scene, moved) {
    Object.assign(this, { view, scene, moved, zoom: 1, x: 0, y: 0, waiting: 0 });
    this.measure();
    new ResizeObserver(() => {
      this.measure();
      this.moved();
    }).observe(view);
    view.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.onDown(event));
    view.addEventListener("pointermove", (event) => this.onMove(event));
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => this.onUp());
  }

  // Asking the view for its size makes the browser lay out all that was just drawn, so it is remembered.
  measure() {
    this.size = { width: this.view.clientWidth || 1, height: this.view.clientHeight || 1 };
  }

  set(x, y, zoom = this.zoom) {
    Object.assign(this, { x, y, zoom: Math.min(MOST, Math.max(LEAST, zoom)) });
    this.waiting ||= requestAnimationFrame(() => this.apply());
  }

  apply() {
    this.waiting = 0;
    this.scene.setAttribute("transform", `translate(${this.x.toFixed(1)} ${this.y.toFixed(1)}) scale(${this.zoom.toFixed(4)})`);
    this.view.classList.toggle("far", this.zoom < LABELS);
    this.moved();
  }

  /** Zooms by a factor; what is at (x, y) of the view, its middle where unsaid, stays there. */
  by(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    const scale = zoom / this.zoom;
    this.set(x - (x - this.x) * scale, y - (y - this.y) * scale, zoom);
  }

  /** Shows the whole box `{ left, right, top, bottom }` where its text can then be read (or `whole` asks for it), else
   * its `middle` as large as fits. */
  fit(box, middle, whole = false) {
    this.measure(); // what is around the view may just have come
    const { width, height } = this.size;
    const margin = 28;
    const all = Math.min((width - margin) / (box.right - box.left), (height - margin) / (box.bottom - box.top), 1.15);
    if (whole || all >= 0.55) {
      this.set((width - (box.left + box.right) * all) / 2, (height - (box.top + box.bottom) * all) / 2, all);
    } else this.set(width / 2 - middle.x * 0.8, height / 2 - middle.y * 0.8, 0.8);
  }

  /** Moves just far enough that the box around a place is seen. */
  show({ x, y }, half) {
    const { width, height } = this.size;
    const pull = (at, reach, most) => (at - reach < 12 ? 12 + reach - at : at + reach > most - 12 ? most - 12 - reach - at : 0);
    const dx = pull(x * this.zoom + this.x, half.width * this.zoom, width);
    const dy = pull(y * this.zoom + this.y, half.height * this.zoom, height);
    if (dx || dy) this.set(this.x + dx, this.y + dy);
  }

  onWheel(event) {
    event.preventDefault();
    const box = this.view.getBoundingClientRect();
    const pace = event.deltaMode ? 0.05 : 0.0015;
    this.by(Math.exp(-event.deltaY * pace), event.clientX - box.left, event.clientY - box.top);
  }

  onDown(event) {
    if (event.button === 0) this.drag = { id: event.pointerId, x: event.clientX - this.x, y: event.clientY - this.y, at: [event.clientX, event.clientY] };
  }

  onMove(event) {
    if (!this.drag || event.pointerId !== this.drag.id) return;
    const [x, y] = this.drag.at;
    if (!this.drag.moved && Math.hypot(event.clientX - x, event.clientY - y) < 5) return; // a click that trembles
    if (!this.drag.moved) this.view.setPointerCapture(event.pointerId);
    this.drag.moved = true;
    this.view.classList.add("dragged");
    this.set(event.clientX - this.drag.x, event.clientY - this.drag.y);
  }

  onUp() {
    this.drag = null;
    this.view.classList.remove("dragged");
  }
}
