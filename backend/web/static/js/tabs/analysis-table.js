/** A pivot as a table: rows that can be gone into, columns, totals, and what they are compared with. */

import { el } from '../dom.js';
import { day, number, t } from '../i18n.js';
import { change, dimensionName, figure, memberName } from './analysis-words.js';

/** `found` is the service's answer; `on`: {drill(row), slice(column key)}. */
export function pivotTable(found, state, on) {
  const units = found.measures.map((one) => one.unit);
  const dimensions = state.rows.map((one) => one.dimension);
  const lead = Math.max(dimensions.length, 1);
  const inside = acrossMeasures(found);
  return [el('p.little.quiet', {}, caption(found)), el('div.pivot', { tabIndex: 0, role: 'region', 'aria-label': t('cube.table') }, el('table', {},
    el('thead', {}, heads(found, state, { lead, inside }, on)),
    el('tbody', {}, found.rows.map((row) => el('tr', {}, names(row, dimensions, on), figures(row, units, inside)))),
    el('tfoot', {},
      found.rest ? el('tr', {}, el('th', { scope: 'row', colSpan: lead }, t('cube.rest', { count: number(found.rest_count) })), figures(found.rest, units, inside)) : null,
      el('tr', {}, el('th', { scope: 'row', colSpan: lead }, t('cube.total')), figures(found.whole, units, inside)))))];
}

/** Which measures stand in columns: beside months those of today have a total alone. */
function acrossMeasures(found) {
  const every = found.measures.map((_, at) => at);
  const some = every.filter((at) => found.whole.cells.some((cell) => cell[at] !== null));
  return some.length ? some : every;
}

function caption(found) {
  const span = ({ from_date: from, to_date: to }) => `${day(from)} – ${day(to)}`;
  return [t('cube.of', { days: span(found.period), currency: found.currency }),
    found.compared_period && span(found.compared_period) !== span(found.period) ? `; ${t('cube.against', { days: span(found.compared_period) })}` : ''].join('');
}

function heads(found, state, { lead, inside }, on) {
  const measures = found.measures.map((one) => t(`cube.measure.${one.name}`));
  const corner = (span) => state.rows.length
    ? state.rows.map((one) => el('th', { scope: 'col', rowSpan: span }, dimensionName(one)))
    : [el('th', { scope: 'col', rowSpan: span, colSpan: lead }, '')];
  const named = (some) => some.map((at) => el('th.end', { scope: 'col' }, measures[at]));
  const every = measures.map((_, at) => at);
  if (!found.columns.length) return [el('tr', {}, corner(1), named(every))];
  const across = found.columns.map((one) => el('th.end', { scope: 'colgroup', colSpan: inside.length },
    state.columns.dimension === 'period' ? memberName('period', one.key)
      : el('button.plain', { type: 'button', title: t('cube.slice'), onclick: () => on.slice(one.key) }, memberName(state.columns.dimension, one.key, one.label))));
  return [
    el('tr', {}, corner(2), across, el('th.end', { scope: 'colgroup', colSpan: measures.length }, t('cube.total'))),
    el('tr', {}, found.columns.map(() => named(inside)), named(every)),
  ];
}

function names(row, dimensions, on) {
  if (!dimensions.length) return el('th', { scope: 'row' }, t('cube.total'));
  return dimensions.map((dimension, at) => {
    const name = memberName(dimension, row.keys[at], row.labels[at]);
    const canDrill = at === 0 && row.keys[0] !== 'elsewhere';
    return el('th', { scope: 'row' }, canDrill
      ? el('button.plain', { type: 'button', title: t('cube.drill', { name }), onclick: () => on.drill(row) }, name) : name);
  });
}

function figures(row, units, inside) {
  const cell = (values, before) => (at) => el('td.number', {}, figure(values[at], units[at]),
    before && before[at] !== values[at] ? el('span.quiet', {}, change(values[at], before[at], units[at])) : null);
  return [
    ...row.cells.map((values, column) => inside.map(cell(values, row.compared_cells?.[column]))),
    units.map((_, at) => at).map(cell(row.total, row.compared_total)),
  ];
}
