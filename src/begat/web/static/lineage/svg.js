// Elements by name; text only ever as text, so that no asset's name is taken for markup.

const SVG = "http://www.w3.org/2000/svg";

const made = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

/** An element of the drawing. */
export const svg = (name, attributes = {}, ...children) => made(document.createElementNS(SVG, name), attributes, children);

/** An element of the page. */
export const html = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);

const pen = document.createElement("canvas").getContext("2d");
const FAMILY = getComputedStyle(document.body).fontFamily;

/** The text in that many pixels, `size` pixels high, cut in its middle: versions, tables and copies differ at the end. It
 * is measured, as letters are of very different width, and never cut within one. */
export function fitted(text, room, size, weight = 400) {
  pen.font = `${weight} ${size}px ${FAMILY}`;
  const fits = (one) => pen.measureText(one).width <= room;
  if (fits(text)) return text;
  const letters = [...text];
  const part = (from, to) => letters.slice(from, to).join("").trim();
  const cut = (kept) => `${part(0, Math.ceil(kept / 2))}…${part(letters.length - Math.floor(kept / 2))}`;
  let [least, most] = [0, letters.length];
  while (most - least > 1) {
    const middle = (least + most) >> 1;
    if (fits(cut(middle))) least = middle;
    else most = middle;
  }
  return cut(least);
}
