/** How accounts look on the map: dots by class and size, single ones by shape, a heat map, or territories by a measure. */

import { isDark, stageColors } from '../colors.js';
import { number } from '../i18n.js';
import { FONT } from './basemap.js';
import { ringIcon, ringScale } from './rings.js';
import { iconOf, scaleOf, USUAL_SHAPE } from './shapes.js';

const OTHERS = 'others';
const OTHER = { light: '#6b7280', dark: '#9aa5b1' };
const MAP_TABS = ['prospects', 'territories', 'areas'];
/** What counts as one account where the size tells money, until the legend says it. */
const A_UNIT = 1e6;
/** How a dot grows with the logarithm of what it tells, in pixels, up to how much. */
const [GROWTH, LARGEST] = [2.1, 22];
const SHARES = ['penetration', 'overdue_share'];
const HEAT = {
  light: ['#9ecae100', '#9ecae1', '#3c8dc3', '#1a62a7', '#08306b'],
  dark: ['#2b5c8a00', '#2b5c8a', '#6aaede', '#a3cff0', '#ffffff'],
};
const look = (pair) => (isDark() ? pair.dark : pair.light);
const rim = () => look({ light: '#ffffff', dark: '#0c1213' });
const visible = (isShown) => ({ visibility: isShown ? 'visible' : 'none' });
const many = ['>', ['get', 'n'], 1];
const single = ['==', ['get', 'n'], 1];

/** The query of the tiles: filters, and what they should tell. */
export function prospectQuery({ filter, territoryId, colourBy, sizeBy, shapeBy, mode }) {
  const query = new URLSearchParams(filter);
  if (territoryId && !query.has('territory_id')) query.append('territory_id', territoryId);
  if (colourBy && mode === 'points') query.append('colour_by', colourBy);
  if (shapeBy && mode === 'points') query.append('shape_by', shapeBy);
  if (sizeBy !== 'accounts') query.append('size_by', sizeBy);
  return query.size ? `?${query}` : '';
}

/** What an account or a cluster weighs: how many it is, or what its size should tell. */
function weight({ sizeBy, sizeUnit }) {
  if (sizeBy === 'accounts') return ['get', 'n'];
  return ['/', ['coalesce', ['get', 'weight'], 0], sizeUnit ?? (sizeBy === 'potential' ? A_UNIT : 1)];
}

/** The radius of a dot in the middle of the zooms, for the legend. */
export function radiusOf({ size_by: by, unit }, value) {
  const isSized = by !== 'accounts';
  return Math.min(LARGEST, 4 + GROWTH * Math.log((isSized ? 1 : 0) + value / unit));
}

export function prospectLayers(seen) {
  const { shown, mode, emphasis, sizeBy, shapeBy } = seen;
  const strength = MAP_TABS.includes(emphasis) ? 0.92 : 0.28;
  const told = seen.legend ? classColor(seen.legend) : stageColor(seen.info.legend);
  const color = ['case', ['has', 'is_rough'], look(OTHER), told];
  const isSized = sizeBy !== 'accounts';
  const grown = ['ln', ['+', isSized ? 1 : 0, weight(seen)]];
  const radius = (one, base) => ['case', isSized ? true : many, ['min', LARGEST, ['+', isSized ? one : base, ['*', GROWTH, grown]]], one];
  const scaled = (one) => ['*', scaleOf(1), radius(one, one)];
  const ringed = (one, base) => ['*', ringScale(1), ['+', 1.5, radius(one, base)]];
  const dots = visible(shown.prospects && mode === 'points');
  return [
    heatLayer(seen),
    {
      id: 'prospects', type: 'circle', source: 'prospects', 'source-layer': 'prospects', layout: dots, ...(shapeBy && { filter: many }),
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, radius(2.5, 3.2), 13, radius(4, 5), 17, radius(7, 9)],
        'circle-color': color,
        'circle-opacity': strength, 'circle-stroke-opacity': strength,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 10, 0.5, 15, 1.4],
        'circle-stroke-color': rim(),
      },
    },
    {
      id: 'prospect-rings', type: 'symbol', source: 'prospects', 'source-layer': 'prospects', filter: ['has', 'next_n'],
      layout: {
        ...visible(seen.legend && dots.visibility === 'visible'),
        'icon-image': seen.legend ? ringIcon({ first: classColor(seen.legend), next: classColor(seen.legend, 'next'), third: classColor(seen.legend, 'third'), others: look(OTHER), rim: rim() }) : '',
        'icon-size': ['interpolate', ['linear'], ['zoom'], 8, ringed(2.5, 3.2), 13, ringed(4, 5), 17, ringed(7, 9)],
        'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-padding': 0,
      },
      paint: { 'icon-opacity': strength },
    },
    {
      id: 'prospect-shapes', type: 'symbol', source: 'prospects', 'source-layer': 'prospects', filter: single,
      layout: {
        ...visible(shapeBy && dots.visibility === 'visible'), 'icon-image': shapeIcon(seen.shapes),
        'icon-size': ['interpolate', ['linear'], ['zoom'], 8, scaled(4), 13, scaled(6), 17, scaled(9)],
        'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-padding': 0,
      },
      paint: { 'icon-color': color, 'icon-opacity': strength, 'icon-halo-color': rim(), 'icon-halo-width': 1.3 },
    },
    {
      id: 'prospect-count', type: 'symbol', source: 'prospects', 'source-layer': 'prospects', filter: ['>=', ['get', 'n'], 10],
      layout: { ...dots, 'text-field': ['to-string', ['get', 'n']], 'text-font': FONT, 'text-size': 11, 'text-allow-overlap': true },
      paint: seen.legend
        ? { 'text-color': '#ffffff', 'text-halo-color': '#17211e', 'text-halo-width': 1.2, 'text-opacity': strength }
        : { 'text-color': isDark() ? '#0c1213' : '#ffffff', 'text-opacity': strength },
    },
  ];
}

/** By life stage the colour of many goes from prospects to customers. */
function stageColor(legend) {
  const stages = stageColors(legend);
  const color = Object.fromEntries(stages);
  return ['case', many,
    ['interpolate', ['linear'], ['/', ['get', 'customers'], ['get', 'n']], 0, color.prospect, 1, color.customer],
    ['match', ['get', 'life_stage'], ...stages.flat(), color.prospect]];
}

function classColor(legend, field = 'class') {
  const pairs = legend.classes.filter((one) => one.key !== OTHERS).flatMap((one) => [one.key, isDark() ? one.color_dark : one.color]);
  return pairs.length ? ['match', ['coalesce', ['get', field], ''], ...pairs, look(OTHER)] : look(OTHER);
}

/** The shape of an account's class; until the legend is there, the usual one. */
function shapeIcon(shapes) {
  const icons = (shapes ?? []).filter((one) => one.key !== OTHERS).flatMap((one) => [one.key, iconOf(one.shape)]);
  const others = iconOf(shapes?.find((one) => one.key === OTHERS)?.shape ?? USUAL_SHAPE);
  return icons.length ? ['match', ['coalesce', ['get', 'shape'], ''], ...icons, others] : others;
}

function heatLayer(seen) {
  const stops = look(HEAT).flatMap((color, at) => [at / 4, color]);
  return {
    id: 'prospect-heat', type: 'heatmap', source: 'prospects', 'source-layer': 'prospects',
    layout: visible(seen.shown.prospects && seen.mode === 'heat'),
    paint: {
      'heatmap-weight': ['min', 1, ['/', ['ln', ['+', 1, weight(seen)]], 4]],
      'heatmap-intensity': ['interpolate', ['linear'], ['zoom'], 4, 0.6, 12, 1.2, 15, 2.5, 17, 4],
      'heatmap-radius': ['interpolate', ['linear'], ['zoom'], 4, 12, 12, 26, 17, 44],
      'heatmap-color': ['interpolate', ['linear'], ['heatmap-density'], ...stops],
      'heatmap-opacity': 0.8,
    },
  };
}

/** A territory's own colour, or that of its class. */
export function territoryColor({ choropleth }) {
  if (!choropleth) return ['get', 'color'];
  const pairs = choropleth.territories.flatMap(({ id, class_index: at }) => {
    const found = choropleth.classes[at];
    return found ? [[id, isDark() ? found.color_dark : found.color]] : [];
  });
  return pairs.length ? ['match', ['get', 'id'], ...pairs.flat(), look(OTHER)] : look(OTHER);
}

/** A territory's name, with its value where one is shown. */
export function territoryWords({ choropleth }) {
  if (!choropleth?.territories.length) return ['get', 'name'];
  const words = choropleth.territories.map(({ id, value }) => [id, value === null ? '–' : asWords(value, choropleth.measure)]);
  return ['concat', ['get', 'name'], '\n', ['match', ['get', 'id'], ...words.flat(), '']];
}

const asWords = (value, measure) => (SHARES.includes(measure) ? `${number(value * 100, 1)} %` : number(value));
