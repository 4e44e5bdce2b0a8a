/** Builds elements; text is always text, never markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** `el('p.quiet', {title: 'x', onclick: f}, 'text', child, null)`: classes after dots. */
export function el(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key === 'dataset') Object.assign(node.dataset, value);
    else if (key.startsWith('aria') || key === 'role' || key === 'for') node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A round spot of a colour; the colour is set by the object model, which the security policy allows. */
export function swatch(color) {
  const spot = el('span.swatch', { 'aria-hidden': 'true' });
  spot.style.background = color;
  return spot;
}

/** A form beside what it means, in the ink of its words or in a colour; `path` is within 1.3 around the middle. */
export function glyph(path, name, color = null) {
  return drawing({ class: color ? 'glyph' : 'glyph ink', viewBox: '-1.3 -1.3 2.6 2.6', role: 'img', 'aria-label': name }, 'path', { d: path, fill: color ?? 'currentColor', 'fill-rule': 'evenodd' });
}

/** A dot of a radius in pixels, beside what says the same in words. */
export function dot(radius) {
  const side = String(Math.ceil(2 * radius) + 2);
  return drawing({ class: 'dot', viewBox: `${-side / 2} ${-side / 2} ${side} ${side}`, width: side, height: side, 'aria-hidden': 'true' }, 'circle', { r: radius, fill: 'currentColor' });
}

function drawing(frame, name, form) {
  const [picture, drawn] = ['svg', name].map((one) => document.createElementNS(SVG, one));
  for (const [key, value] of Object.entries(frame)) picture.setAttribute(key, value);
  for (const [key, value] of Object.entries(form)) drawn.setAttribute(key, value);
  picture.append(drawn);
  return picture;
}

/** A select with `[value, label]` options. */
export function select(name, label, options, value, onchange) {
  const field = el('select', { name, onchange: () => onchange?.(field.value) },
    options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)));
  return el('label', {}, el('span', {}, label), field);
}

/** An ordinary labelled input. */
export function input(name, label, properties = {}) {
  return el('label', {}, el('span', {}, label), el('input', { name, ...properties }));
}

export function debounce(action, milliseconds) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}
