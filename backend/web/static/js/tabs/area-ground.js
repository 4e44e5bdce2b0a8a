/** What ground an area is: buildings, homes, roads, places, footfall and own figures, each with how far to trust it. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { number, t } from '../i18n.js';
import { measureName, inUnit, sourceWords, trust } from '../ground.js';
import { showProblem } from '../parts.js';

const PERCENT = 100;
const ROADS = ['motorway_km', 'primary_km', 'secondary_km', 'tertiary_km', 'minor_km', 'service_km', 'pedestrian_km', 'path_km'];
const PLACES = ['poi_food', 'poi_shop', 'poi_magnet', 'poi_market', 'poi_health', 'poi_hospital', 'poi_school', 'poi_university',
  'poi_finance', 'poi_culture', 'poi_office'];
/** In this order; what is known of how it was mapped comes last. */
const TOLD = ['residential_share', 'apartments_share', 'buildings', 'built_share', 'floor_ratio', 'primary_m', 'main_roads', 'stops', 'tag_coverage'];
const ALMOST_ALL = 0.995;

/** A fold that asks when it is first opened; nothing for an area without a shape. */
export function areaGround(area) {
  const told = el('div.area-ground', { 'aria-live': 'polite' });
  let isAsked = false;
  const load = async () => {
    if (isAsked) return;
    isAsked = true;
    told.replaceChildren(el('div.loading', { role: 'status', 'aria-label': t('ground.loading') }, el('span'), el('span')));
    try {
      const { layers } = await request('/v1/context/area', { method: 'POST', body: { area } });
      told.replaceChildren(...(layers.length ? layers.flatMap(layerPart) : [el('p.little.quiet', {}, t('ground.nowhere'))]));
    } catch (problem) {
      isAsked = false;
      const message = el('p.message', { role: 'alert' });
      showProblem(message, problem);
      told.replaceChildren(message);
    }
  };
  const node = el('details.fold', { ontoggle: () => { if (node.open) load(); } }, el('summary', {}, t('ground.title')), told);
  return node;
}

function layerPart(ground) {
  return el('section', {},
    el('h3', {}, ground.name),
    el('p.little.quiet', {}, sourceWords(ground)),
    ground.known_share < ALMOST_ALL
      ? el('p.little.quiet', {}, t('ground.known_share', { share: `${number(ground.known_share * PERCENT, 1)} %` })) : null,
    ground.kind === 'osm' ? mapped(ground) : el('dl.ground-figures', {}, ground.figures.map((one) => figure(one))));
}

function mapped({ figures, amounts }) {
  const of = (key) => figures.find((one) => one.key === key);
  const footfall = of('footfall');
  return [
    footfall && footfall.value !== null ? el('dl.ground-figures', {},
      entry(measureName(footfall), t('ground.index_of', { value: number(footfall.value) }), footfall)) : null,
    el('dl.ground-figures', {}, TOLD.map(of).filter((one) => one && one.value !== null).map((one) => figure(one,
      one.key === 'floor_ratio' ? t('ground.m2', { value: number(amounts.floor_m2) }) : null))),
    bars(t('ground.roads_by_class'), ROADS, amounts, (value) => t('ground.km', { value: number(value, 1) })),
    bars(t('ground.places_by_group'), PLACES, amounts, (value) => number(value, value < 10 ? 1 : 0)),
  ];
}

function figure(one, more = null) {
  if (one.value === null) return null;
  const amount = one.amount === null ? '' : `${number(one.amount, one.amount < 10 ? 1 : 0)} · `;
  return entry(measureName(one), `${amount}${inUnit(one.value, one.unit)}${more ? ` · ${more}` : ''}`, one);
}

function entry(name, value, one) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, el('strong.number', {}, value), el('br'), trust(one)));
}

/** A bar each of what there is. */
function bars(title, columns, amounts, words) {
  const there = columns.filter((one) => amounts[one] >= 0.05);
  if (!there.length) return null;
  const most = Math.max(...there.map((one) => amounts[one]));
  return el('section', {}, el('h4', {}, title), el('ul.bars', { 'aria-label': title }, there.map((one) => {
    const strip = el('span.strip', { 'aria-hidden': 'true' });
    strip.style.width = `${(PERCENT * amounts[one]) / most}%`;
    return el('li', {}, el('span', {}, t(`ground.column.${one}`)), el('span.number', {}, words(amounts[one])), strip);
  })));
}
