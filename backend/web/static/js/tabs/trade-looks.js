/** How stores and their hexagons look: a colour each, strong where the win is clear, or one store's share in steps. */

import { isDark } from '../colors.js';
import { el, swatch } from '../dom.js';
import { measureName } from '../ground.js';
import { known, number, t } from '../i18n.js';
import { CLEAR, leader, OWN_STEPS, stepOf } from './trade-shares.js';

const PERCENT = 100;
/** Of those beyond the palette. */
const OTHER = { color: '#6b7280', color_dark: '#9aa5b1' };
/** How much of the map shows through, from an open contest to a clear win. */
const STRENGTHS = [0.28, 0.55, 0.85];
const OWN_STRENGTH = 0.68;
const shade = (one) => (isDark() ? one.color_dark : one.color);

export const storeColor = ({ names }, index) => shade(names[index] ?? OTHER);

/** What a measure is called as an amount. */
export const demandName = (measure) => known(`trade.demand.${measure.key}`) ?? measureName(measure);

/** Black or white, whichever is read better on a colour. */
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}

/** The hexagons as the map takes them: by who draws most, or by the share of the store `by`. */
export function hexagons(cells, info, by) {
  const look = (cell) => {
    if (by !== null) return { color: shade(info.steps[stepOf(cell.shares[by], OWN_STEPS) - 1]), strength: OWN_STRENGTH };
    const { at, share } = leader(cell);
    return { color: storeColor(info, at), strength: STRENGTHS[stepOf(share, CLEAR)] };
  };
  const seen = by === null ? cells : cells.filter(({ shares }) => shares[by] > 0);
  return { type: 'FeatureCollection', features: seen.map((cell) => ({
    type: 'Feature', properties: { cell: cell.cell, ...look(cell) }, geometry: { type: 'Polygon', coordinates: [cell.boundary] } })) };
}

/** The stores as markers: `[{name, at}]`, those without a place left out, each with its number. */
export function markers(stores, info) {
  return { type: 'FeatureCollection', features: stores.flatMap(({ name, at }, index) => {
    const color = storeColor(info, index);
    return at ? [{ type: 'Feature', properties: { name, number: String(index + 1), color, ink: inkOn(color) }, geometry: { type: 'Point', coordinates: at } }] : [];
  }) };
}

/** What the colours mean: every store with its colour and how strong a win is, or the steps of one store's share. */
export function key(stores, info, by) {
  const percent = (share) => `${number(share * PERCENT)} %`;
  if (by !== null) {
    return list(t('trade.key_own', { name: stores[by].name }), OWN_STEPS.map((low, at) => [shade(info.steps[at]), OWN_STRENGTH,
      at + 1 < OWN_STEPS.length ? t('range.between', { low: number(low * PERCENT), high: percent(OWN_STEPS[at + 1]) }) : t('range.from', { low: percent(low) })]));
  }
  const named = stores.slice(0, info.names.length).map((one, at) => [storeColor(info, at), 1, `${at + 1}. ${one.name}`]);
  const rest = stores.length > info.names.length ? [[shade(OTHER), 1, t('trade.key_others', { from: info.names.length + 1, to: stores.length })]] : [];
  const strengths = [t('trade.key_open', { share: percent(CLEAR[0]) }), t('range.between', { low: number(CLEAR[0] * PERCENT), high: percent(CLEAR[1]) }), t('range.from', { low: percent(CLEAR[1]) })];
  return [
    ...list(t('trade.key_leader'), [...named, ...rest]),
    ...list(t('trade.key_strength'), strengths.map((words, at) => [isDark() ? '#e8eeeb' : '#17211e', STRENGTHS[at], words])),
  ];
}

function list(title, items) {
  return [el('h3', {}, title), el('ul.hexagon-key.classes.little', { 'aria-label': title }, items.map(([color, strength, words]) => {
    const spot = swatch(color);
    spot.classList.add('is-hexagon');
    spot.style.opacity = strength;
    return el('li', {}, spot, el('span', {}, words));
  }))];
}
