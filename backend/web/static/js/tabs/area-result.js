/** What lies in an area: figures, bars, the accounts worth a look, and all of them as a file. */

import { stageColors } from '../colors.js';
import { el, swatch } from '../dom.js';
import { fileButtons } from '../files.js';
import { day, money, number, t } from '../i18n.js';
import { empty, estimateBadge } from '../parts.js';
import { go } from '../place.js';
import { areaGround } from './area-ground.js';
import { bulkActions } from './bulk-actions.js';
import { categoryName } from './prospects.js';

const PERCENT = 100;
const MOST_BARS = 8;
const A_DAY_MS = 86_400_000;

const share = (value) => (value === null ? '–' : `${number(value * PERCENT, 1)} %`);

/** `found` is the service's answer; `filters` are those that it was asked with. */
export function areaResult(found, desk, { filters, topBy, clear, changed }) {
  const { shape, period, before } = found;
  const days = Math.round((Date.parse(period.to_date) - Date.parse(period.from_date)) / A_DAY_MS) + 1;
  return el('article.card.area-result', {},
    el('div.card-head', {},
      el('h2', {}, t('area.accounts', { count: number(found.accounts) })),
      el('button.small', { type: 'button', onclick: clear }, t('area.clear'))),
    el('p.little.quiet', {},
      shape.area_km2 === null ? t('area.no_outline') : t('area.km2', { km2: number(shape.area_km2, shape.area_km2 < 10 ? 2 : 0) }),
      shape.changes.filter((one) => one === 'mended').map(() => [' ', el('span.badge.warn', {}, t('area.mended'))]),
      shape.is_estimate ? [' ', estimateBadge()] : null),
    found.accounts ? [
      el('dl.figures', {},
        figure('area.penetration', share(found.penetration)),
        figure('area.overdue', number(found.overdue)),
        figure('area.never_visited', number(found.never_visited)),
        figure('area.visits', number(period.visits), change(period.visits - before.visits)),
        figure('area.visited', number(period.visited_accounts), change(period.visited_accounts - before.visited_accounts)),
        figure('area.coverage', share(period.coverage), period.coverage === null || before.coverage === null ? null
          : change(PERCENT * (period.coverage - before.coverage), t('area.points'))),
        worth(found)),
      el('p.little.quiet', {}, t('area.compared', { from: day(period.from_date), to: day(period.to_date), days: number(days) })),
      bars(t('area.rfm'), found.rfm_classes, (value) => t(`rfm.${value ?? 'none'}`)),
      bars(t('life_stage'), found.life_stages, (value) => t(`stage.${value}`), Object.fromEntries(stageColors(desk.info.legend))),
      bars(t('category'), found.categories, (value) => categoryName(value) || t('area.none')),
      bars(t('area.channel'), found.channels, (value) => value ?? t('area.none')),
      bars(t('area.priority'), found.priorities, (value) => String(value)),
      top(found, topBy),
      bulkActions(desk, { meant: () => ({ area: desk.area, filters }), changed }),
    ] : empty(t('area.empty'), t('area.empty_hint')),
    shape.geometry ? areaGround(desk.area) : null,
    files(found, desk.area, filters, topBy));
}

/** What was sold and could be, where anything is known of it. */
function worth({ period, before, currency, monthly_potential: potential, potential_accounts: known, rfm_classes: classes }) {
  const isSold = period.revenue || before.revenue || classes.some((one) => one.value !== null);
  return [
    isSold ? [
      figure('area.revenue', money(period.revenue, currency), before.revenue > 0
        ? change(PERCENT * (period.revenue / before.revenue - 1), '%') : null, money(period.revenue, currency, { whole: true })),
      figure('area.buyers', number(period.buyers), change(period.buyers - before.buyers)),
    ] : null,
    potential === null ? null : [
      figure('area.potential', money(potential, currency), null,
        `${money(potential, currency, { whole: true })} · ${t('area.potential.of', { count: number(known) })}`),
      figure('area.share', share(period.share), period.share === null || before.share === null ? null
        : change(PERCENT * (period.share - before.share), t('area.points'))),
    ],
  ];
}

function figure(key, value, changed, whole = '') {
  return el('div', { title: [t(`${key}.hint`), whole].filter(Boolean).join(': ') }, el('dt', {}, t(key)), el('dd.number', {}, el('strong', {}, value), changed));
}

/** How much more or less than in the period before. */
function change(difference, unit = '') {
  const rounded = Math.round(difference * 10) / 10;
  const sign = rounded > 0 ? '+' : rounded < 0 ? '−' : '±';
  return el('span.quiet.little', {}, ` ${sign}${number(Math.abs(rounded), 1)}${unit && ` ${unit}`}`);
}

/** A bar each, the rest in one; where all have no value there is nothing to tell. */
function bars(title, shares, nameOf, colors = {}) {
  if (shares.length === 1 && shares[0].value === null) return null;
  const total = shares.reduce((sum, one) => sum + one.accounts, 0);
  const rest = shares.slice(MOST_BARS).reduce((sum, one) => sum + one.accounts, 0);
  const rows = shares.slice(0, MOST_BARS).map((one) => bar(nameOf(one.value), one.accounts, total, colors[one.value]));
  if (rest) rows.push(bar(t('area.others'), rest, total));
  return el('section', {}, el('h3', {}, title), el('ul.bars', { 'aria-label': title }, rows));
}

function bar(name, accounts, total, color) {
  const strip = el('span.strip', { 'aria-hidden': 'true' });
  strip.style.width = `${(PERCENT * accounts) / total}%`;
  if (color) strip.style.background = color;
  return el('li', {}, el('span', {}, name), el('span.number', {}, number(accounts), ' · ', share(accounts / total)), strip);
}

function top({ top: accounts, currency }, by) {
  if (!accounts.length) return null;
  const value = (one) => t(`area.top.${by}.value`, { days: number(one.overdue_days), visits: number(one.visits),
    revenue: money(one.revenue, currency), potential: money(one.monthly_potential ?? 0, currency) });
  return el('section', {}, el('h3', {}, t(`area.top.${by}`)), el('ul.row-list', { 'aria-label': t(`area.top.${by}`) },
    accounts.map((one) => el('li', {}, el('button.row', { type: 'button', onclick: () => go({ tab: 'prospects', account: one.id }) },
      swatch('var(--brand)'),
      el('span.main', {}, el('strong', {}, one.name), el('span.quiet.little', {}, categoryName(one.category) || t(`stage.${one.life_stage}`))),
      el('span.end.number.little', {}, value(one)))))));
}

/** The report to print, and the accounts as tables. */
function files(found, area, filters, topBy) {
  const { from_date, to_date } = found.period;
  return fileButtons([
    { label: t('area.report'), path: '/v1/areas/report', name: `${t('area.report.name')} ${found.today}.pdf`,
      body: () => ({ area, filters, from_date, to_date, top_by: topBy }) },
    { label: t('area.download'), path: '/v1/areas/accounts.csv', name: 'accounts.csv', body: () => ({ area, filters }) },
    { label: t('area.download_parquet'), path: '/v1/areas/accounts.parquet', name: 'accounts.parquet', body: () => ({ area, filters }) },
  ]);
}
