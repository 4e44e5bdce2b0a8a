/** A coverage plan beside the accepted one, or beside what really happened. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { day, distance, duration, number, t } from '../i18n.js';
import { loading, showProblem } from '../parts.js';

/** A fold that asks when it is opened; `otherId` is null for what really happened. */
export function comparison(plan, otherId) {
  const body = el('div');
  const fold = el('details.fold', { ontoggle: () => { if (fold.open && !body.hasChildNodes()) fill(); } },
    el('summary', {}, otherId ? t('weeks.beside_accepted') : t('weeks.beside_reality')), body);
  const fill = async () => {
    body.replaceChildren(loading());
    try {
      const told = await request(`/v1/coverage-plans/${plan.id}/comparison`, { query: { with_id: otherId } });
      body.replaceChildren(table(told, otherId));
    } catch (problem) {
      const message = el('p.message', { role: 'alert' });
      showProblem(message, problem);
      body.replaceChildren(message);
    }
  };
  return fold;
}

function table(told, otherId) {
  const sides = [told.plan, told.other];
  const row = (words, show) => el('tr', {}, el('th', { scope: 'row' }, words), sides.map((side) => el('td', {}, show(side))));
  return el('div', {},
    el('table.beside', {},
      el('caption.little.quiet', {}, t('weeks.shared_days', { from: day(told.from_on), to: day(told.to_on) })),
      el('thead', {}, el('tr', {}, el('td'), el('th', { scope: 'col' }, t('weeks.this_plan')), el('th', { scope: 'col' }, otherId ? t('weeks.accepted_plan') : t('weeks.reality')))),
      el('tbody', {},
        row(t('weeks.visits_made'), (side) => number(side.visits)),
        row(t('weeks.visits_missing'), (side) => number(side.missing)),
        row(t('weeks.way'), (side) => distance(side.distance_m)),
        row(t('weeks.on_the_way'), (side) => duration(side.travel_seconds)))),
    otherId ? null : el('p.little.quiet', {}, t('weeks.driven_days', { count: number(told.other.days_driven) })),
    told.other.days_without_route ? el('p.little.quiet', {}, t('weeks.unknown_ways', { count: number(told.other.days_without_route) })) : null,
    el('p.little.quiet', {}, t('weeks.moved', { count: number(told.moved.length) }), told.moved.length ? `: ${told.moved.map((one) => one.name).join(', ')}` : ''));
}
