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
      el('h3', {}, t('tab.prospects')),
      el('ul', {}, stageColors(desk.info.legend).map(([stage, color]) => el('li', {}, swatch(color), t(`stage.${stage}`)))),
      el('p.little.quiet', {}, t('cluster_hint')),
      el('h3', {}, t('tab.visits')),
      el('ul', {}, statusColors().map(([status, color]) => el('li', {}, swatch(color), t(`status.${status}`)))),
    );
  };
  draw();
  whenThemeChanges(draw);
  node.open = matchMedia('(min-width: 1100px) and (min-height: 700px)').matches;
}

function layerItem(name, map) {
  const box = el('input', {
    type: 'checkbox', checked: map.shown()[name],
    onchange: () => map.see({ shown: { ...map.shown(), [name]: box.checked } }),
  });
  return el('li', {}, el('label', {}, box, el('span', {}, t(`layer.${name}`))));
}
