/** Cells and units on the map: coloured by how much, by what is missing, or by how hot; with what colours mean. */

import { isDark } from '../colors.js';
import { el, swatch } from '../dom.js';
import { t } from '../i18n.js';
import { figure } from './analysis-words.js';

// Steps of one hue from pale to strong, and hot to cold through grey: both told apart without red and green.
const STEPS = { light: ['#d9ecf7', '#a5d0ea', '#64abd8', '#2b7fb8', '#0b4f82'], dark: ['#12344a', '#1b5377', '#2877a8', '#4ba0d4', '#9fd4f5'] };
const SPOTS = {
  light: { hot_99: '#b2182b', hot_95: '#e0705a', hot_90: '#f6bda5', none: '#c9cfcc', cold_90: '#a9cfe6', cold_95: '#4f99c9', cold_99: '#15588f' },
  dark: { hot_99: '#ff6b5e', hot_95: '#d9806b', hot_90: '#a8705f', none: '#4a5557', cold_90: '#55809a', cold_95: '#4f99c9', cold_99: '#6cc3ff' },
};
const shades = (from) => (isDark() ? from.dark : from.light);

/** Cells `[{boundary, value}]`, or units with an `outline` in its place, in five groups of as many; returns {overlay, legend}. */
export function byAmount(cells, unit) {
  const told = cells.filter((one) => (one.boundary || one.outline) && one.value !== null);
  const ordered = told.map((one) => one.value).sort((one, other) => one - other);
  const colors = shades(STEPS);
  const bounds = colors.map((_, step) => ordered[Math.min(Math.floor((step * ordered.length) / colors.length), ordered.length - 1)]);
  const step = (value) => Math.max(0, bounds.findLastIndex((bound) => value >= bound));
  const legend = [...new Set(bounds)].map((bound) => [colors[step(bound)], t('cube.from', { value: figure(bound, unit) })]);
  return { overlay: features(told.map((one) => [one.outline ?? [[one.boundary]], colors[step(one.value)]])), legend: key(told.length ? legend : []) };
}

/** Cells `[{boundary, spot}]` by how hot or cold. */
export function bySpot(cells) {
  const colors = shades(SPOTS);
  const there = new Set(cells.map((one) => one.spot));
  return {
    overlay: features(cells.map((one) => [[[one.boundary]], colors[one.spot]])),
    legend: key(Object.entries(colors).filter(([name]) => there.has(name)).map(([name, color]) => [color, t(`cube.spot.${name}`)])),
  };
}

function features(cells) {
  return { type: 'FeatureCollection', features: cells.map(([coordinates, color]) => (
    { type: 'Feature', properties: { kind: 'hexagon', color }, geometry: { type: 'MultiPolygon', coordinates } })) };
}

function key(items) {
  return el('ul.hexagon-key.little', { 'aria-label': t('cube.legend') }, items.map(([color, words]) => el('li', {}, swatch(color), words)));
}
