/** A pivot as a picture: lines over time, or bars of rows. */

import uPlot from 'uplot';
import { el } from '../dom.js';
import { language, number, t } from '../i18n.js';
import { figure, memberName } from './analysis-words.js';

const MOST_LINES = 4;
const MOST_BARS = 10;
const PERCENT = 100;
const HEIGHT = 190;
const A_SECOND = 1000;

/** The chart of the first measure, or null where there is nothing to see. `host` gives the width. */
export function pivotChart(found, state, host) {
  const at = found.measures.findIndex((one) => one.name === lead(found, state));
  if (state.columns?.dimension === 'period' && found.columns.length > 1) return lines(found, state, at, host);
  return state.rows.length === 1 ? bars(found, state, at) : null;
}

/** Beside months only what is of months has lines. */
function lead(found, state) {
  const has = (name, at) => found.whole.cells.some((cell) => cell[at] !== null) || !state.columns;
  return (found.measures.find((one, at) => has(one.name, at)) ?? found.measures[0]).name;
}

function lines(found, state, at, host) {
  const title = t(`cube.measure.${found.measures[at].name}`);
  const times = found.columns.map((one) => Date.parse(one.label) / A_SECOND);
  const of = (cells) => (cells ?? []).map((cell) => cell[at]);
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colors = [ink('--brand'), ink('--blue'), ink('--warn'), ink('--bad')];
  const shown = state.rows.length === 1 && found.rows.length > 1 ? found.rows.slice(0, MOST_LINES) : [];
  const series = [{ name: t('cube.total'), values: of(found.whole.cells), stroke: ink('--ink'), width: 2 }];
  if (found.whole.compared_cells) series.push({ name: t('cube.compared'), values: of(found.whole.compared_cells), stroke: ink('--quiet'), width: 2, dash: [5, 4] });
  shown.forEach((row, index) => series.push({ name: memberName(state.rows[0].dimension, row.keys[0], row.labels[0]), values: of(row.cells), stroke: colors[index], width: 1.5 }));
  const moments = new Intl.DateTimeFormat(language() === 'vi' ? 'vi-VN' : 'en-GB', { month: 'short', year: '2-digit', timeZone: 'UTC' });
  const axis = { stroke: ink('--quiet'), grid: { stroke: ink('--line'), width: 1 }, ticks: { stroke: ink('--line') } };
  const box = el('div.chart', { role: 'img', 'aria-label': `${title}: ${series.map((one) => one.name).join(', ')}` });
  const compact = new Intl.NumberFormat(language() === 'vi' ? 'vi-VN' : 'en-GB', { notation: 'compact', maximumFractionDigits: 1 });
  const plot = new uPlot({
    width: Math.max(host.clientWidth - 40, 240), height: HEIGHT, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.06 : 1] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => moments.format(tick * A_SECOND)), space: 62 },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) }],
    series: [{}, ...series.map((one) => ({ label: one.name, stroke: one.stroke, width: one.width, dash: one.dash, points: { show: times.length < 14 } }))],
  }, [times, ...series.map((one) => one.values)], box);
  return {
    node: el('figure.chart-figure', {}, el('figcaption', {}, title), box,
      el('ul.chart-key.little', {}, series.map((one) => el('li', {}, key(one), one.name)))),
    end: () => plot.destroy(),
  };
}

function key({ stroke, dash }) {
  const line = el('span.chart-line', { 'aria-hidden': 'true' });
  line.style.borderTop = `3px ${dash ? 'dashed' : 'solid'} ${stroke}`;
  return line;
}

function bars(found, state, at) {
  const unit = found.measures[at].unit;
  const rows = [...found.rows].filter((row) => row.total[at] > 0).sort((one, other) => other.total[at] - one.total[at]).slice(0, MOST_BARS);
  if (rows.length < 2) return null;
  const title = t(`cube.measure.${found.measures[at].name}`);
  const most = rows[0].total[at];
  return { end() {}, node: el('section', {}, el('h2.minor', {}, title), el('ul.bars', { 'aria-label': title }, rows.map((row) => {
    const strip = el('span.strip', { 'aria-hidden': 'true' });
    strip.style.width = `${(PERCENT * row.total[at]) / most}%`;
    const part = found.measures[at].is_additive && found.whole.total[at] > 0 ? ` · ${number((PERCENT * row.total[at]) / found.whole.total[at], 1)} %` : '';
    return el('li', {}, el('span', {}, memberName(state.rows[0].dimension, row.keys[0], row.labels[0])),
      el('span.number', {}, figure(row.total[at], unit), part), strip);
  }))) };
}
