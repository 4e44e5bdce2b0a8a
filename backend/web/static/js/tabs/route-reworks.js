/** What a rep made of the day on the phone, beside the plan and what was driven. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { distance, known, number, t, time } from '../i18n.js';
import { empty, loading, problemCard } from '../parts.js';
import { go } from '../place.js';

/** A fold that asks when it is opened: most days go as planned. */
export function reworks(route) {
  const body = el('div', {});

  async function load() {
    body.replaceChildren(loading());
    try {
      const told = await request(`/v1/routes/${route.id}/reworks`);
      const found = told.reworks.toReversed();
      body.replaceChildren(...(found.length ? found.map((one) => card(told, one)) : [empty(t('no_reworks'), t('no_reworks_hint'))]));
    } catch (problem) {
      body.replaceChildren(problemCard(problem, load));
    }
  }

  return el('details.fold.reworks', { ontoggle: (event) => event.target.open && load() },
    el('summary', {}, t('reworks')), body);
}

function card(told, rework) {
  return el('section.rework', {},
    el('h3', {}, `${time(rework.made_at)} · ${known(`rework.${rework.reason}`) || rework.reason}`),
    rework.state === 'applied' ? null : el('p.message', {}, t(`rework_state.${rework.state}`)),
    cost(rework.plan),
    table(told, rework.plan));
}

function cost({ before, after, is_estimate: isEstimate, is_by_hand: isByHand }) {
  if (isByHand) return el('p.little.quiet', {}, t('rework_by_hand'));
  if (!before || !after || after.ends_at === null || before.ends_at === null) return null;
  const about = isEstimate ? '≈ ' : '';
  const told = ({ stops, distance_m: metres, ends_at: endsAt }) => t('rework_cost', { count: number(stops), distance: about + distance(metres), time: about + time(endsAt) });
  return el('p.little.quiet', {}, el('b', {}, told(after)), el('br'), t('rework_instead', { cost: told(before) }));
}

/** A line for each visit: when it was planned, when the rep meant to come, when the rep was there. */
function table(told, plan) {
  const planned = new Map(told.route.stops.map((stop) => [stop.visit_id, stop]));
  const visits = new Map(told.visits.map((visit) => [visit.visit_id, visit]));
  const named = new Set([...plan.stops, ...plan.dropped].map((one) => one.visit_id));
  const lines = [
    ...told.route.stops.filter((stop) => !named.has(stop.visit_id)).map((stop) => ({ id: stop.visit_id, own: '' })),
    ...plan.stops.map((stop, index) => ({ id: stop.visit_id, own: `${index + 1}. ${stop.start_at ? (stop.is_estimate ? '≈ ' : '') + time(stop.start_at) : ''}` })),
    ...plan.dropped.map((one) => ({ id: one.visit_id, own: known(`rework.${one.reason}`) || known(`dropped.${one.reason}`) || one.reason })),
  ];
  const cells = ['rework_visit', 'rework_planned', 'rework_own', 'rework_driven'];
  return el('table.compare.number', {},
    el('thead', {}, el('tr', {}, cells.map((name) => el('th', { scope: 'col' }, t(name))))),
    el('tbody', {}, lines.map(({ id, own }) => el('tr', {},
      el('td', {}, whose(visits.get(id), planned.get(id))),
      el('td', {}, planned.has(id) ? `${planned.get(id).sequence}. ${time(planned.get(id).start_at)}` : '–'),
      el('td', {}, own || '–'),
      el('td', {}, visits.get(id)?.checked_in_at ? time(visits.get(id).checked_in_at) : '–')))));
}

function whose(visit, stop) {
  const account = visit ?? stop;
  return el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: account.account_id }) }, account.name);
}
