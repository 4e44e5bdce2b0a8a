/** The map's legend: what the colours mean, and which layers are shown. */

import { stageColors, statusColors, whenThemeChanges } from './colors.js';
import { el, swatch } from './dom.js';
import { t } from './i18n.js';

const LAYERS = ['prospects', 'territories', 'routes', 'visits'];

export function showLegend(node, desk) {
  const body = node.querySelector('.legend-body');
  const draw = () => {
    body.replaceChildren(
      el('ul', { 'aria-label': t('layers') }, LAYERS.map((name) => layerItem(name, desk.map))),
      el('div.legend-pair', {},
        meanings(t('tab.prospects'), stageColors(desk.info.legend).map(([stage, color]) => [color, t(`stage.${stage}`)])),
        meanings(t('tab.visits'), statusColors().map(([status, color]) => [color, t(`status.${status}`)]))),
      el('p.little.quiet', {}, t('cluster_hint')),
    );
  };
  draw();
  whenThemeChanges(draw);
  node.open = matchMedia('(min-width: 1100px) and (min-height: 700px)').matches;
}

function meanings(title, items) {
  return el('div', {}, el('h3', {}, title), el('ul', {}, items.map(([color, words]) => el('li', {}, swatch(color), words))));
}

function layerItem(name, map) {
  const box = el('input', {
    type: 'checkbox', checked: map.shown()[name],
    onchange: () => map.see({ shown: { ...map.shown(), [name]: box.checked } }),
  });
  return el('li', {}, el('label', {}, box, el('span', {}, t(`layer.${name}`))));
}
