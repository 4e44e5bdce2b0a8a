/** The page on paper: a picture of the map, its legend and its attribution above the panel. */

import { isDark } from './colors.js';
import { el } from './dom.js';
import { t } from './i18n.js';

const PIXELS = 1400; // across, enough for a printer at the paper's width
const BAR_FOOT = 14;

/** Put the map's picture above the panel as long as the page is printed. */
export function printMap(container, legend, panel) {
  let figure = null;
  addEventListener('beforeprint', () => {
    figure?.remove();
    const { map } = container;
    if (!map) return;
    figure = el(isDark() ? 'figure.print-map.is-turned' : 'figure.print-map', {}, picture(map, container), ...meanings(legend),
      el('figcaption.little', {}, container.querySelector('.maplibregl-ctrl-attrib-inner')?.textContent ?? ''));
    panel.before(figure);
  });
  addEventListener('afterprint', () => {
    figure?.remove();
    figure = null;
  });
}

/** A picture, because Chromium prints a canvas smaller than its box. */
function picture(map, container) {
  map.redraw(); // what was drawn before cannot be read any more
  const drawn = map.getCanvas();
  const paper = el('canvas');
  paper.width = PIXELS;
  paper.height = Math.round((PIXELS * drawn.height) / drawn.width);
  const pen = paper.getContext('2d');
  // Dark maps are turned to light ones: inverted, and their hues turned back.
  if (isDark()) pen.filter = 'invert(1) hue-rotate(180deg)';
  pen.drawImage(drawn, 0, 0, paper.width, paper.height);
  pen.filter = 'none';
  scaleBar(pen, paper, container);
  return el('img', { alt: t('print.map'), src: paper.toDataURL() });
}

/** The scale as the page shows it, as long as it is on this picture. */
function scaleBar(pen, paper, container) {
  const shown = container.querySelector('.maplibregl-ctrl-scale');
  if (!shown) return;
  const times = paper.width / container.clientWidth;
  const length = shown.offsetWidth * times;
  const [x, y] = [paper.width - length - BAR_FOOT * times, paper.height - BAR_FOOT * times];
  pen.fillStyle = '#ffffffd0';
  pen.fillRect(x - 6 * times, y - 18 * times, length + 12 * times, 26 * times);
  pen.strokeStyle = '#17211e';
  pen.fillStyle = '#17211e';
  pen.lineWidth = 1.5 * times;
  pen.font = `${11 * times}px sans-serif`;
  pen.fillText(shown.textContent, x + 4 * times, y - 5 * times);
  pen.beginPath();
  for (const [dx, dy] of [[0, -6], [0, 0], [length, 0], [length, -6 * times]]) pen.lineTo(x + dx, y + dy);
  pen.stroke();
}

/** What colours mean; of several parts each with what it is of. */
function meanings(legend) {
  const parts = [...legend.querySelectorAll('.legend-block')];
  return parts.map((one) => (parts.length > 1 ? one : one.querySelector('ul')).cloneNode(true));
}
