/** The map's legend: how accounts are coloured, sized and shaped, what that means, which layers are shown. */

import { request } from './api.js';
import { isDark, statusColors, whenThemeChanges } from './colors.js';
import { dot, el, glyph, select, swatch } from './dom.js';
import { groundPart } from './ground.js';
import { known, number, t } from './i18n.js';
import { radiusOf } from './map/prospects.js';
import { pathOf } from './map/shapes.js';
import { latest, showProblem } from './parts.js';
import { whenMoved } from './place.js';
import { savedViews } from './saved-views.js';
import { categoryName } from './tabs/prospects.js';
import { COLOURS, MEASURES, MODES, setView, SIZES, view } from './view.js';

const LAYERS = ['prospects', 'territories', 'routes', 'visits'];
const PERCENT = 100;
const SHARES = ['penetration', 'overdue_share'];

export function showLegend(node, desk) {
  const run = latest();
  const controls = el('div.legend-controls');
  const classes = el('div.legend-classes', { 'aria-live': 'polite' });
  const rough = el('p.little.warn-words', { role: 'status', hidden: true }, t('legend.rough'));
  const layers = el('div.legend-pair');
  node.querySelector('.legend-body').replaceChildren(controls, rough, classes, groundPart(desk), layers, savedViews(desk));
  let asked = null;
  let answer = null;

  const drawControls = () => {
    const { mode, colour_by, size_by, shape_by, measure } = view();
    const pick = (name, values, value, field) =>
      select(name, t(`look.${name}`), values.map((one) => [one, t(`${name}.${one}`)]), value, (wish) => setView({ [field ?? name]: wish }));
    controls.replaceChildren(...[
      pick('mode', MODES, mode),
      mode === 'points' ? pick('colour_by', COLOURS, colour_by) : null,
      mode === 'points' ? select('shape_by', t('look.shape_by'), [['', t('shape_by.none')], ...COLOURS.map((one) => [one, t(`colour_by.${one}`)])],
        shape_by ?? '', (wish) => setView({ shape_by: wish || null })) : null,
      mode === 'territories' ? pick('measure', MEASURES, measure) : pick('size_by', SIZES, size_by),
    ].filter(Boolean));
    layers.replaceChildren(
      el('ul', { 'aria-label': t('layers') }, LAYERS.map((name) => layerItem(name, desk.map))),
      el('div', {}, el('h2.minor', {}, t('tab.visits')), el('ul', {}, statusColors().map(([status, color]) => el('li', {}, swatch(color), t(`status.${status}`))))));
  };
  const drawClasses = () => {
    const { mode, colour_by, shape_by, measure, filter } = view();
    const isPlain = mode !== 'territories' && colour_by === COLOURS[0];
    const shapes = mode === 'points' && shape_by ? answer?.shapes ?? null : null;
    desk.map.see({ legend: mode === 'points' && !isPlain ? answer : null, shapes, sizeUnit: answer?.size?.unit ?? null, choropleth: mode === 'territories' ? answer : null });
    if (mode === 'heat') {
      classes.replaceChildren(el('p.little.quiet', {}, t('legend.heat')));
      return;
    }
    const isOne = shapes && shape_by === colour_by; // its colours have its shapes
    const items = answer ? answer.classes.map((one) => classItem(one, answer, isOne ? shapeOf(one, shapes) : null)) : [];
    classes.replaceChildren(...[
      block(mode === 'territories' ? t(`measure.${measure}`) : t(`colour_by.${colour_by}`), t(isOne ? 'legend.classes_and_shapes' : 'legend.classes'), items),
      shapes && !isOne ? block(t(`colour_by.${shape_by}`), t('legend.shapes'), shapes.map((one) => shapeItem(one, answer))) : null,
      shapes ? el('p.little.quiet', {}, t('legend.shapes_hint')) : null,
      answer?.size ? block(t(`size_by.${answer.size.size_by}`), t('legend.sizes'), sizeItems(answer), 'sizes') : null,
      filter ? el('p.little', {}, el('span.badge.blue', {}, t('legend.filtered'))) : null,
      isPlain ? el('p.little.quiet', {}, t('cluster_hint')) : null,
      answer?.most_in_a_tile ? el('p.little.quiet', {}, t('legend.most', { count: number(answer.most_in_a_tile) })) : null,
      mode === 'points' && !isPlain ? el('p.little.quiet', {}, t('legend.ring')) : null,
    ].filter(Boolean));
  };
  const load = () => {
    const { mode, colour_by, size_by, shape_by, measure, filter } = view();
    const shaped = shape_by ? `shape_by=${shape_by}&` : '';
    const path = mode === 'territories' ? `/v1/maps/choropleth?measure=${measure}&` : `/v1/maps/legend?colour_by=${colour_by}&size_by=${size_by}&${shaped}`;
    // Heat has no classes; what money weighs is told all the same.
    run(() => (mode === 'heat' && size_by !== 'potential' ? Promise.resolve(null) : request(`${path}${filter}`)), (found, problem) => {
      answer = found;
      if (!problem) drawClasses();
      else {
        const message = el('p.message', { role: 'alert' });
        showProblem(message, problem);
        classes.replaceChildren(message);
      }
    });
  };
  const follow = () => {
    const now = view();
    desk.map.see({ mode: now.mode, colourBy: now.colour_by === COLOURS[0] ? null : now.colour_by, sizeBy: now.size_by, shapeBy: now.shape_by, filter: now.filter });
    const key = JSON.stringify(now);
    if (key === asked) return;
    asked = key;
    drawControls();
    load();
  };
  desk.map.whenRough((isRough) => { rough.hidden = !isRough; });
  desk.reloadLegend = load;
  whenMoved(follow);
  follow();
  whenThemeChanges(() => { drawControls(); drawClasses(); });
  node.open = matchMedia('(min-width: 1300px) and (min-height: 700px)').matches;

}

/** A part of the legend: of what, and what its colours or shapes mean. */
function block(title, label, items, kind = 'classes') {
  return el('div.legend-block', {}, el('h2.minor', {}, title), el(`ul.${kind}`, { 'aria-label': label }, items));
}

function sizeItems({ size, currency }) {
  return size.values.map((value, at) => el('li', {}, dot(radiusOf(size, value)),
    `${number(value)}${size.size_by === 'potential' && at === size.values.length - 1 ? ` ${currency ?? ''}` : ''}`));
}

function classItem(one, { colour_by, measure, currency }, shape) {
  const color = isDark() ? one.color_dark : one.color;
  return item(shape ? shapeGlyph(shape, color) : swatch(color), colour_by ? className(one, colour_by, currency) : range(one, measure), one.count);
}

function shapeItem(one, { shape_by, currency }) {
  return item(shapeGlyph(one.shape), className(one, shape_by, currency), one.count);
}

const item = (sign, name, count) => el('li', {}, sign, el('span.main', {}, name), el('span.number.quiet', {}, number(count)));
const shapeGlyph = (shape, color) => glyph(pathOf(shape), t(`shape.${shape}`), color);
/** A class without a shape of its own has that of all others. */
const shapeOf = ({ key }, shapes) => (shapes.find((one) => one.key === key) ?? shapes.find((one) => one.key === 'others'))?.shape;

function className(one, by, currency) {
  if (one.label) return one.label;
  if (one.key === '') return t('class.none');
  if (one.key === 'others') return t('class.others');
  if (by === 'life_stage') return t(`stage.${one.key}`);
  if (by === 'category') return categoryName(one.key);
  if (by === 'potential') return `${amounts(one)} ${currency ?? ''}`;
  return known(`class.${by}.${one.key}`) ?? one.key;
}

const amounts = ({ low, high }) =>
  (high === null ? t('range.from', { low: number(low) }) : t('range.between', { low: number(low), high: number(high) }));

function range({ low, high }, measure) {
  if (!SHARES.includes(measure)) return amounts({ low, high });
  const words = { low: number(low * PERCENT), high: high === null ? null : number(high * PERCENT) };
  return `${high === null ? t('range.from', words) : t('range.between', words)} %`;
}

function layerItem(name, map) {
  const box = el('input', {
    type: 'checkbox', checked: map.shown()[name],
    onchange: () => map.see({ shown: { ...map.shown(), [name]: box.checked } }),
  });
  return el('li', {}, el('label', {}, box, el('span', {}, t(`layer.${name}`))));
}
