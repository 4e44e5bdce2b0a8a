/** A scenario beside today or another: what moves, each territory in numbers, the list as a file. */

import { request } from '../api.js';
import { el, select, swatch } from '../dom.js';
import { language, number, t } from '../i18n.js';
import { latest, loading, problemCard, showProblem } from '../parts.js';

const PERCENT = 100;

/** `colorOf(territoryId)` is the one that the map shows. */
export function designComparison(desk, design, colorOf) {
  const run = latest();
  const result = el('div.panel-part', { 'aria-live': 'polite' });
  const beside = select('beside', t('design.beside'), [['today', t('design.today')],
    ...design.summary.scenarios.map((one) => [one.name, t(`design.scenario.${one.name}`)])], 'today', () => load());
  const node = el('section.panel-part', { 'aria-label': t('design.compare') }, el('h3', {}, t('design.compare')), beside, result);
  let scenario = null;

  function load() {
    const query = { scenario, beside: beside.querySelector('select').value };
    result.replaceChildren(loading());
    run(() => request(`/v1/territory-designs/${design.id}/compare`, { query }), (found, problem) => {
      result.replaceChildren(...(problem ? [problemCard(problem, load)] : shown(found, query)));
    });
  }

  function shown(found, query) {
    const { moved } = found;
    const money = moneyOf(found);
    return [
      el('p', {}, t('design.moved', { accounts: number(moved.accounts), customers: number(moved.customers), visits: number(moved.open_visits), hours: number(moved.work_hours, 1) }),
        money.hasRevenue ? ` ${t('design.moved_revenue', { revenue: money.say(moved.revenue) })}` : '',
        money.hasPotential ? ` ${t('design.moved_potential', { potential: money.say(moved.potential) })}` : ''),
      found.mixed_accounts ? el('p.little.quiet', {}, t('design.mixed', { count: number(found.mixed_accounts) })) : null,
      found.outside_accounts ? el('p.little.quiet', {}, t('design.outside', { count: number(found.outside_accounts) })) : null,
      el('div.design-table', { role: 'region', tabIndex: 0, 'aria-label': t('design.compare') }, table(found, money)),
      download(query),
    ].filter(Boolean);
  }

  function table(found, money) {
    const columns = [
      ['accounts', (side) => side.accounts, (value) => number(value)],
      ['hours', (side) => side.work_hours, (value) => number(value, 1)],
      ['customers', (side) => side.customers, (value) => number(value)],
      ['prospects', (side) => side.prospects, (value) => number(value)],
      ...(money.hasRevenue ? [['revenue', (side) => side.revenue, money.short]] : []),
      ...(money.hasPotential ? [['potential', (side) => side.potential, money.short]] : []),
      ['home_km', (side) => side.home_km, (value) => number(value, 1)],
      ['spread_km', (side) => side.spread_km, (value) => number(value, 1)],
      ['compactness', (side) => side.compactness, (value) => number(value, 2)],
    ].filter(([, read]) => found.territories.some((one) => read(one.after) !== null));
    return el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('territory')),
        columns.map(([key]) => el('th', { scope: 'col', title: t(`design.column.${key}.hint`) }, t(`design.column.${key}`))),
        el('th', { scope: 'col', title: t('design.column.flow.hint') }, t('design.column.flow')))),
      el('tbody', {}, found.territories.map((one) => el('tr', {},
        el('th', { scope: 'row' }, swatch(colorOf(one.territory_id)), ' ', nameOf(desk, one.territory_id)),
        columns.map(([, read, say]) => cell(read(one.before), read(one.after), say)),
        el('td.number', {}, `+${number(one.accounts_in)} −${number(one.accounts_out)}`,
          one.open_visits_in || one.open_visits_out ? el('span.quiet.little', {}, t('design.visits_flow', { in: number(one.open_visits_in), out: number(one.open_visits_out) })) : null)))));
  }

  function cell(before, after, say) {
    const was = before === null ? '–' : say(before);
    const now = after === null ? '–' : say(after);
    return el('td.number', {}, now, was === now ? null : el('span.quiet.little', {}, t('design.was', { value: was })));
  }

  function download(query) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const button = el('button', { type: 'button', onclick: async () => {
      button.disabled = true;
      message.hidden = true;
      try {
        const answer = await request(`/v1/territory-designs/${design.id}/compare/accounts.csv`, { query, raw: true });
        const url = URL.createObjectURL(await answer.blob());
        el('a', { href: url, download: 'moved-accounts.csv' }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      } catch (problem) {
        showProblem(message, problem);
      } finally {
        button.disabled = false;
      }
    } }, t('design.download'));
    return el('div', {}, button, message);
  }

  return { node, show(name) { scenario = name; load(); } };
}

export const nameOf = (desk, id) => desk.territories.find((one) => one.id === id)?.name ?? '–';
export const share = (value) => `${number(value * PERCENT, 1)} %`;

/** How money is said, and whether there is any. */
function moneyOf({ currency, territories }) {
  const locale = language() === 'vi' ? 'vi-VN' : 'en-GB';
  const format = (options) => new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 0, ...options });
  const [long, short] = [format({}), format({ notation: 'compact', maximumFractionDigits: 1 })];
  const has = (key) => territories.some((one) => one.before[key] || one.after[key]);
  return { say: (value) => long.format(value), short: (value) => short.format(value), hasRevenue: has('revenue'), hasPotential: has('potential') };
}
