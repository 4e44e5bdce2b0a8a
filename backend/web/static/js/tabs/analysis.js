/** The cube: a pivot with its chart and cells on the map, white space, hot and cold spots; and trade areas beside them. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { fileButtons } from '../files.js';
import { number, t } from '../i18n.js';
import { empty, latest, loading, problemCard } from '../parts.js';
import { go, place } from '../place.js';
import { pivotChart } from './analysis-chart.js';
import { questionForm } from './analysis-form.js';
import { byAmount, bySpot } from './analysis-map.js';
import { asChoice, asQuery, completed, drilled, readState, sliced, VIEWS, writeState } from './analysis-state.js';
import { pivotTable } from './analysis-table.js';
import { figure } from './analysis-words.js';
import { tradePanel } from './trade.js';

const MAPPED = ['h3', 'admin_unit'];
const MOST_ROWS = 200;
const MOST_CELLS = 5000;
const MOST_LISTED = 30;

export function analysisTab(panel, desk) {
  const run = latest();
  const form = el('section.card', { 'aria-label': t('cube.question') });
  const result = el('div.panel-part', { 'aria-live': 'polite' });
  let known = null;
  let asked = null;
  let endChart = () => {};
  const aside = el('div.panel-part', { hidden: true });
  let trade = null;
  panel.append(form, result, aside);

  const change = (state) => go({ cube: writeState(state) });

  async function arrive(where = place()) {
    const told = where.cube ?? '';
    const state = readState(where.cube);
    const isTrade = state.view === 'trade_areas';
    if (isTrade !== Boolean(trade)) turn(isTrade);
    if (isTrade) {
      if (asked !== told) showForm(state);
      asked = told;
      trade.arrive(where);
      return;
    }
    if (asked === told) return;
    asked = told;
    try {
      known ??= await request('/v1/cube/dimensions');
    } catch (problem) {
      asked = null;
      result.replaceChildren(problemCard(problem, () => arrive()));
      return;
    }
    if (asked !== told) return;
    const whole = completed(state, known);
    showForm(whole);
    load(whole);
  }

  /** Trade areas ask the ground, not the cube: a question and an address of their own. */
  function turn(isTrade) {
    endChart();
    endChart = () => {};
    run(() => Promise.resolve(null), () => {});
    desk.map.see({ overlay: null });
    result.replaceChildren();
    trade?.leave();
    aside.replaceChildren();
    trade = isTrade ? tradePanel(aside, desk) : null;
    aside.hidden = !isTrade;
    result.hidden = isTrade;
  }

  function showForm(state) {
    const focus = form.contains(document.activeElement) ? document.activeElement.name || document.activeElement.id : null;
    const open = [...form.querySelectorAll('details')].map((one) => one.open);
    form.replaceChildren(
      el('div.card-head', {}, el('div.views', { role: 'group', 'aria-label': t('cube.view') }, VIEWS.map((view) => el('button.small', {
        type: 'button', id: `view-${view}`, 'aria-pressed': String(view === state.view), onclick: () => change({ ...state, view, ...usual(view, state) }),
      }, t(`cube.view.${view}`))))),
      ...(state.view === 'trade_areas' ? [] : questionForm(state, known, desk, change).flat().filter(Boolean)));
    form.querySelectorAll('details').forEach((one, at) => { one.open = open[at] ?? false; });
    if (focus) (form.querySelector(`[name="${focus}"]`) ?? document.getElementById(focus))?.focus();
  }

  function load(state) {
    endChart();
    endChart = () => {};
    result.replaceChildren(loading());
    desk.map.see({ overlay: null });
    run(() => ask(state), (found, problem) => {
      if (problem) result.replaceChildren(problemCard(problem, () => load(state)));
      else SHOW[state.view](state, found);
    });
  }

  function ask(state) {
    const isMap = MAPPED.includes(state.rows[0]?.dimension);
    const post = (path, body) => request(`/v1/cube/${path}`, { method: 'POST', body });
    const choice = asChoice(state, desk.area);
    if (state.view === 'white_space') return post('white-space', { ...choice, by: placeOf(state), units_on: state.units_on });
    if (state.view === 'hot_spots') {
      return post('hot-spots', { ...choice, measure: state.measure, resolution: state.rows[0]?.resolution ?? 7, from_date: state.from_date, to_date: state.to_date });
    }
    const order = { by: isMap || state.rows.length > 1 ? state.measures[0] : null, is_descending: isMap || state.rows.length > 1 };
    return post('query', asQuery(state, desk.area, { order, with_boundaries: isMap, limit: isMap ? MOST_CELLS : MOST_ROWS }));
  }

  const SHOW = {
    pivot(state, found) {
      if (!found.rows.length) {
        result.replaceChildren(empty(t('cube.empty'), t('cube.empty_hint')));
        return;
      }
      const isMap = MAPPED.includes(state.rows[0]?.dimension);
      const table = pivotTable({ ...found, rows: found.rows.slice(0, MOST_ROWS) }, state, {
        drill: (row) => change(drilled(state, row, known)),
        slice: (key) => change({ ...sliced(state, state.columns.dimension, [key]), columns: null }),
      });
      const cells = isMap ? byAmount(found.rows.map((row) => ({ boundary: row.boundary, outline: row.outline, value: row.total[0] })), found.measures[0].unit) : null;
      const chart = pivotChart(found, state, result);
      endChart = chart?.end ?? endChart;
      result.replaceChildren(el('article.card.analysis', {}, ...[
        cells && el('p.little', {}, t('cube.on_map', { measure: t(`cube.measure.${found.measures[0].name}`) })), cells?.legend,
        ...table, chart?.node, downloads(state, state.rows[0]?.dimension === 'h3'),
        found.valued_on && usesClasses(state) ? el('p.little.quiet', {}, t('cube.valued_on', { day: found.valued_on })) : null].filter(Boolean)));
      if (cells) lay(cells.overlay);
    },
    white_space(state, found) {
      if (!found.places.length) {
        result.replaceChildren(empty(t('cube.no_white_space'), t('cube.too_few', { count: number(found.too_few) })));
        return;
      }
      const cells = byAmount(found.places.map((one) => ({ boundary: one.boundary, outline: one.outline, value: one.gap > 0 ? one.gap : null })), 'quantity');
      result.replaceChildren(el('article.card.analysis', {},
        el('p.little', {}, t('cube.white_space_hint', { share: figure(found.penetration, 'share') })), cells.legend,
        list(['cube.place', 'cube.accounts', 'cube.measure.customers', 'cube.expected', 'cube.gap', 'cube.gap_potential'], found.places.slice(0, MOST_LISTED).map((one) => [
          one.label ?? one.key, figure(one.accounts), figure(one.customers), figure(one.expected, 'quantity'), figure(one.gap, 'quantity'), figure(one.gap_potential)])),
        el('p.little.quiet', {}, t('cube.too_few', { count: number(found.too_few) }))));
      lay(cells.overlay);
    },
    hot_spots(state, found) {
      if (!found.cells.length) {
        result.replaceChildren(empty(t('cube.empty'), t('cube.empty_hint')));
        return;
      }
      const cells = bySpot(found.cells);
      const standing = found.cells.filter((one) => one.spot !== 'none');
      const unit = known.measures.find((one) => one.name === state.measure).unit;
      result.replaceChildren(el('article.card.analysis', {},
        el('p.little', {}, t('cube.spots_hint', { hot: number(found.hot), cold: number(found.cold), cells: number(found.cells.length) })), cells.legend,
        standing.length ? list(['cube.place', 'cube.value', 'cube.z', 'cube.class'], standing.slice(0, MOST_LISTED).map((one) => [
          one.cell, figure(one.value, unit), number(one.z, 2), t(`cube.spot.${one.spot}`)])) : null));
      lay(cells.overlay);
    },
  };

  function lay(overlay) {
    desk.map.see({ overlay });
    const corners = overlay.features.flatMap(({ geometry }) => geometry.coordinates.flat(geometry.type === 'Polygon' ? 1 : 2));
    if (corners.length) desk.map.fit(corners);
  }

  function downloads(state, hasCells) {
    const kinds = ['csv', 'xlsx', ...(hasCells && state.rows.length === 1 ? ['geojson', 'parquet'] : [])];
    return fileButtons(kinds.map((kind) => ({ label: t(`cube.download.${kind}`), path: `/v1/cube/query.${kind}`, name: `pivot.${kind}`,
      body: () => asQuery(state, desk.area, { limit: MOST_CELLS }) })));
  }

  return { arrive, leave() { endChart(); trade?.leave(); desk.map.see({ overlay: null }); } };
}

const placeOf = (state) => (['h3', 'territory', 'admin_unit'].includes(state.rows[0]?.dimension) ? state.rows[0] : { dimension: 'h3', resolution: 7 });

/** What a view needs of the question when it is turned to. */
function usual(view, state) {
  if (view === 'white_space') return { rows: [{ dimension: 'h3', resolution: placeOf(state).resolution ?? 7 }], columns: null };
  return view === 'hot_spots' ? { rows: [{ dimension: 'h3', resolution: state.rows[0]?.resolution ?? 7 }], columns: null } : {};
}

function usesClasses(state) {
  const names = [...state.rows, ...state.filters].map((one) => one.dimension);
  return names.includes('rfm_class') || state.columns?.dimension === 'rfm_class' || state.measures.includes('yearly_buyers');
}

function list(heads, rows) {
  return el('div.pivot', { tabIndex: 0, role: 'region', 'aria-label': t('cube.table') }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map((one) => el('th.end', { scope: 'col' }, t(one))))),
    el('tbody', {}, rows.map(([name, ...values]) => el('tr', {}, el('th', { scope: 'row' }, name), values.map((one) => el('td.number', {}, one)))))));
}
