/** The ground beneath the accounts: hexagons of a context layer, with what their colours mean and how far to trust them. */

import { request } from './api.js';
import { isDark, whenThemeChanges } from './colors.js';
import { el, swatch } from './dom.js';
import { groundDelete } from './ground-delete.js';
import { groundUpload } from './ground-upload.js';
import { known, number, t } from './i18n.js';
import { contextLayers, layersChanged, whenLayersChange } from './layers.js';
import { latest, showProblem } from './parts.js';
import { go, place, whenMoved } from './place.js';

const WIDEST = 179.9;
const MAP_ENDS = 85;
/** What an H3 cell of a resolution has on average. */
const KM2 = [4357449, 609788, 86801, 12393, 1770, 252.9, 36.13, 5.161, 0.7373, 0.1053];

export const measureName = ({ key, label }) => label ?? known(`ground.measure.${key}`) ?? key;
export const inUnit = (value, unit) => t(`ground.unit.${unit}`, { value: number(value, digits(value)) });
const digits = (value) => (Math.abs(value) < 1 ? 2 : Math.abs(value) < 100 ? 1 : 0);

/** How sure a figure is, and why not more so. */
export function trust({ confidence, reasons }) {
  const mark = { high: 'good', medium: 'blue', low: 'warn', source: 'blue' }[confidence];
  return el('span.little', {}, el(`span.badge.${mark}`, {}, `${t('ground.confidence')}: ${t(`ground.confidence.${confidence}`)}`),
    reasons.length ? el('span.quiet', {}, ` ${reasons.map((one) => t(`ground.reason.${one}`)).join('; ')}`) : null);
}

export const sourceWords = (one) => t('ground.source', one);

/** The legend's part on the ground: a choice, and the classes of what was chosen. */
export function groundPart(desk) {
  const run = latest();
  const told = el('div.ground-key', { 'aria-live': 'polite' });
  const kept = groundDelete();
  const field = el('select', { name: 'ground', onchange: () => go({ ground: field.value || null }, { replace: true }) });
  const node = el('div.ground', {}, el('div.legend-controls', {}, el('label', {}, el('span', {}, t('ground.choose')), field)), told,
    desk.isPlanner ? [groundUpload((layer) => layersChanged().then(() => go({ ground: `${layer.id}:${layer.measures[0].key}` }, { replace: true }))), kept.node] : null);
  let layers = [];
  let answer = null;
  let asked = null;

  const chosen = () => {
    const [id, ...rest] = (place().ground ?? '').split(':');
    const layer = layers.find((one) => one.id === id);
    const measure = layer?.measures.find((one) => one.key === rest.join(':'));
    return measure ? { layer, measure } : null;
  };
  const fill = () => {
    const now = chosen();
    const value = now ? `${now.layer.id}:${now.measure.key}` : '';
    field.replaceChildren(el('option', { value: '', selected: !value }, t('ground.nothing')),
      ...layers.map((layer) => el('optgroup', { label: layer.name }, layer.measures.map((one) => {
        const key = `${layer.id}:${one.key}`;
        return el('option', { value: key, selected: key === value }, measureName(one));
      }))));
    field.disabled = !layers.length;
  };
  const draw = () => {
    const now = chosen();
    if (!now || !answer) {
      desk.map.see({ ground: null });
      told.replaceChildren(...(layers.length ? [] : [el('p.little.quiet', {}, t('ground.none'))]));
      return;
    }
    const { measure } = answer;
    const color = ({ color: light, color_dark: dark }) => (isDark() ? dark : light);
    desk.map.see({ ground: {
      attribution: now.layer.kind === 'osm' ? '' : `${now.layer.source} (${now.layer.licence})`,
      data: { type: 'FeatureCollection', features: answer.cells.map((one) => ({
        type: 'Feature', properties: { cell: one.cell, color: color(answer.classes[one.class_index]), value: one.value },
        geometry: { type: 'Polygon', coordinates: [one.boundary] } })) },
    } });
    told.replaceChildren(
      el('h2.minor', {}, measureName(measure)),
      answer.cells.length
        ? el('ul.classes', { 'aria-label': t('ground.legend') }, answer.classes.map((one) => el('li', {}, swatch(color(one)),
          el('span.main', {}, between(one, measure.unit)), el('span.number.quiet', {}, number(one.count)))))
        : el('p.little', {}, t('ground.nowhere'), ' ', el('button.small', { type: 'button', onclick: () => {
          const [west, south, east, north] = now.layer.bounds;
          desk.map.fit([[west, south], [east, north]]);
        } }, t('ground.show'))),
      el('p', {}, trust(measure)),
      el('p.little.quiet', {}, t('ground.per_hexagon', { km2: number(KM2[answer.resolution], answer.resolution > 6 ? 2 : 0) })),
      el('p.little.quiet', {}, sourceWords(answer)));
  };
  const load = () => {
    const now = chosen();
    if (!now) {
      answer = null;
      asked = null;
      run(() => Promise.resolve(null), draw);
      return;
    }
    const query = { layer_id: now.layer.id, measure: now.measure.key, bbox: boxOf(desk.map.box()) };
    const key = JSON.stringify(query);
    if (key === asked) return;
    asked = key;
    run(() => request('/v1/context/cells', { query }), (found, problem) => {
      answer = found;
      if (!problem) draw();
      else {
        asked = null;
        const message = el('p.message', { role: 'alert' });
        showProblem(message, problem);
        told.replaceChildren(message);
      }
    });
  };
  const follow = () => { fill(); load(); };
  const read = () => contextLayers().then((found) => {
    layers = found;
    asked = null;
    kept.show(layers);
    follow();
  }).catch((problem) => {
    const message = el('p.message', { role: 'alert' });
    showProblem(message, problem);
    told.replaceChildren(message);
  });
  read();
  whenLayersChange(read);
  desk.map.whenMoved(load);
  whenMoved(follow);
  whenThemeChanges(draw);
  return node;
}

function between({ low, high }, unit) {
  return high === null ? t('range.from', { low: inUnit(low, unit) })
    : t('range.between', { low: number(low, digits(low)), high: inUnit(high, unit) });
}

/** A box as the service takes it: one world, without the poles; a little more than is seen. */
function boxOf([west, south, east, north]) {
  const wide = (east - west) / 20;
  const left = Math.max(west - wide, -WIDEST);
  const right = Math.min(east + wide, WIDEST);
  const sides = left < right ? [left, right] : [-WIDEST, WIDEST];
  return [sides[0], Math.max(south, -MAP_ENDS), sides[1], Math.min(north, MAP_ENDS)].map((one) => one.toFixed(4)).join(',');
}
