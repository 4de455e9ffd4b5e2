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

/** The text in about this many characters' room. */
export const short = (text, room) => (text.length > room ? `${text.slice(0, room - 1).trimEnd()}…` : text);
