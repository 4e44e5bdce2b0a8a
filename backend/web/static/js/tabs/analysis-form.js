/** What is asked of the cube, chosen by hand: rows, columns, measures, filters, days, comparison. */

import { el, input, select } from '../dom.js';
import { campaignField } from '../filters.js';
import { day, t } from '../i18n.js';
import { sliced } from './analysis-state.js';
import { dimensionName, memberName } from './analysis-words.js';

const GRAINS = ['day', 'week', 'month', 'quarter', 'year'];
const COMPARISONS = ['', 'before', 'year_before', 'dates', 'territory'];
const RESOLUTIONS = [5, 6, 7, 8, 9];
const MOST_MEASURES = 8;
const ONLY_HERE = ['h3', 'period'];

/** `known` is what can be asked; `change(state)` asks it. */
export function questionForm(state, known, desk, change) {
  const set = (changes) => change({ ...state, ...changes });
  if (state.view === 'white_space') return [placeForm(state, known, set), filterForm(state, known, change), areaBox(state, desk, set)];
  if (state.view === 'hot_spots') return [spotForm(state, known, set), filterForm(state, known, change), days(state, known, set, false), areaBox(state, desk, set)];
  const all = axisChoices(known);
  const axis = (name, label, value, choices, put) => select(name, label, choices, code(value), (chosen) => put(chosen ? JSON.parse(chosen) : null));
  return [
    el('div.filters', {},
      axis('rows', t('cube.rows'), state.rows[0], [['', t('cube.nothing')], ...all], (one) => set({ rows: one ? [one, ...state.rows.slice(1)] : [] })),
      axis('rows_too', t('cube.rows_too'), state.rows[1], [['', t('cube.nothing')], ...all], (one) => set({ rows: [state.rows[0], one].filter(Boolean) })),
      axis('columns', t('cube.columns'), state.columns, [['', t('cube.nothing')], ...all.filter(([key]) => !key.includes('h3'))], (one) => set({ columns: one })),
      select('compare', t('cube.compare'), COMPARISONS.map((one) => [one, t(`cube.compare.${one || 'none'}`)]), state.compare ?? '', (one) => set({ compare: one || null })),
      comparedWith(state, desk, set)),
    usesUnits(state) ? input('units_on', t('cube.units_on'), { type: 'date', value: state.units_on ?? known.today, onchange: (event) => set({ units_on: event.target.value || null }) }) : null,
    measures(state, known, set),
    days(state, known, set, true),
    filterForm(state, known, change),
    areaBox(state, desk, set),
  ];
}

const usesUnits = (state) => [...state.rows, state.columns, ...state.filters].some((one) => one?.dimension === 'admin_unit');

/** The days or the territory to compare with, where one is asked for. */
function comparedWith(state, desk, set) {
  if (state.compare === 'dates') {
    return ['compare_from', 'compare_to'].map((name) => input(name, t(`cube.${name}`), {
      type: 'date', value: state[name] ?? '', onchange: (event) => set({ [name]: event.target.value || null }) }));
  }
  if (state.compare !== 'territory') return null;
  return select('compare_territory', t('territory'), [['', t('cube.choose')], ...desk.territories.map((one) => [one.id, one.name])],
    state.compare_territory ?? '', (one) => set({ compare_territory: one || null }));
}

const code = (one) => (one ? JSON.stringify(one) : '');

function axisChoices(known) {
  return known.dimensions.flatMap(({ name, levels }) => {
    if (name === 'admin_unit') return levels.map((level) => ({ dimension: name, level }));
    if (name === 'territory') return [...levels.slice(0, -1).map((level) => ({ dimension: name, level })), { dimension: name }];
    return name === 'h3' ? RESOLUTIONS.map((resolution) => ({ dimension: name, resolution })) : [{ dimension: name }];
  }).map((one) => [code(one), dimensionName(one)]);
}

/** Measures that do not go with what is chosen cannot be chosen. */
function measures(state, known, set) {
  const names = [...state.rows.map((one) => one.dimension), ...state.filters.map((one) => one.dimension)];
  if (state.columns && state.columns.dimension !== 'period') names.push(state.columns.dimension);
  const fits = (measure) => names.every((name) => known.dimensions.find((one) => one.name === name)?.measures.includes(measure) ?? true);
  return el('details.fold', { open: false }, el('summary', {}, t('cube.measures', { count: state.measures.length })),
    el('div.measures', { role: 'group', 'aria-label': t('cube.measures_label') }, known.measures.map(({ name }) => {
      const isOn = state.measures.includes(name);
      const box = el('input', { type: 'checkbox', checked: isOn,
        disabled: isOn ? state.measures.length === 1 : !fits(name) || state.measures.length >= MOST_MEASURES,
        onchange: () => set({ measures: box.checked ? [...state.measures, name] : state.measures.filter((one) => one !== name) }) });
      return el('label.check', {}, box, el('span', {}, t(`cube.measure.${name}`)));
    })));
}

function days(state, known, set, hasGrain) {
  const from = state.from_date ?? yearBefore(state.to_date ?? known.today);
  return el('details.fold', {}, el('summary', {}, t('cube.days', { from: day(from), to: day(state.to_date ?? known.today) })), el('div.filters', {},
    input('from_date', t('cube.from_date'), { type: 'date', value: from, onchange: (event) => set({ from_date: event.target.value || null }) }),
    input('to_date', t('cube.to_date'), { type: 'date', value: state.to_date ?? known.today, onchange: (event) => set({ to_date: event.target.value || null }) }),
    hasGrain ? [
      select('grain', t('cube.grain'), GRAINS.map((one) => [one, t(`cube.grain.${one}`)]), state.grain, (grain) => set({ grain })),
      select('territory_of', t('cube.territory_of'), ['today', 'then'].map((one) => [one, t(`cube.territory_of.${one}`)]), state.territory_of, (one) => set({ territory_of: one })),
    ] : null));
}

/** The first of the twelve months up to a day: what the service takes where no day is told. */
function yearBefore(text) {
  const at = new Date(`${text}T00:00:00Z`);
  at.setUTCFullYear(at.getUTCFullYear() - 1);
  at.setUTCDate(at.getUTCDate() + 1);
  return at.toISOString().slice(0, 10);
}

/** What is filtered by, each to be taken away, and one more to choose. */
function filterForm(state, known, change) {
  const left = known.dimensions.filter((one) => one.members && !state.filters.some((other) => other.dimension === one.name));
  const values = select('filter_value', t('cube.filter_value'), [['', t('cube.choose')]], '', (value) => {
    const name = dimension.querySelector('select').value;
    if (value) change(sliced(state, name, [JSON.parse(value)]));
  });
  const field = values.querySelector('select');
  const dimension = select('filter', t('cube.filter'), [['', t('cube.choose')], ...left.map((one) => [one.name, t(`cube.dimension.${one.name}`)])], '', (name) => {
    const { members } = left.find((one) => one.name === name) ?? { members: [] };
    field.replaceChildren(el('option', { value: '' }, t('cube.choose')),
      ...members.map((one) => el('option', { value: JSON.stringify(one.key) }, memberName(name, one.key, one.label))));
    field.disabled = !members.length;
  });
  field.disabled = true;
  const campaign = campaignField(state.campaign, (id) => change({ ...state, campaign: id || null }));
  return [
    el('ul.chips', { 'aria-label': t('cube.filters') }, state.filters.map((one) => el('li', {}, el('button.small', { type: 'button', title: t('cube.unfilter'),
      onclick: () => change({ ...state, filters: state.filters.filter((other) => other !== one) }) },
    `${t(`cube.dimension.${one.dimension}`)}: ${one.values.map((value) => nameOf(known, one.dimension, value)).join(', ')} ×`)))),
    el('details.fold', { open: Boolean(state.campaign), ontoggle: () => campaign.load() }, el('summary', {}, t('cube.add_filter')), el('div.filters', {}, dimension, values, campaign.node)),
  ];
}

function nameOf(known, name, value) {
  const members = known.dimensions.find((one) => one.name === name)?.members ?? [];
  return memberName(name, value, ONLY_HERE.includes(name) ? null : members.find((one) => one.key === value)?.label ?? null);
}

/** The area of the other tab counts here too. */
function areaBox(state, desk, set) {
  if (!desk.area) return null;
  const box = el('input', { type: 'checkbox', checked: state.in_area, onchange: () => set({ in_area: box.checked }) });
  return el('label.check', {}, box, el('span', {}, t('cube.in_area')));
}

function placeForm(state, known, set) {
  const units = known.dimensions.find((one) => one.name === 'admin_unit').levels.map((level) => ({ dimension: 'admin_unit', level }));
  const places = [['{"dimension":"territory"}', t('cube.dimension.territory')], ...units.map((one) => [code(one), dimensionName(one)]),
    ...RESOLUTIONS.map((resolution) => [code({ dimension: 'h3', resolution }), dimensionName({ dimension: 'h3', resolution })])];
  return select('by', t('cube.by'), places, code(state.rows[0]), (one) => set({ rows: [JSON.parse(one)] }));
}

function spotForm(state, known, set) {
  return el('div.filters', {},
    select('measure', t('cube.measures_label'), known.measures.map(({ name }) => [name, t(`cube.measure.${name}`)]), state.measure, (measure) => set({ measure })),
    select('resolution', t('cube.dimension.h3'), RESOLUTIONS.map((one) => [String(one), `r${one}`]), String(state.rows[0]?.resolution ?? 7),
      (one) => set({ rows: [{ dimension: 'h3', resolution: Number(one) }] })));
}
