/** Plan a day that several reps share: who works, who is absent, how readily visits change hands. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { number, t } from '../i18n.js';
import { showProblem } from '../parts.js';
import { reasonOf } from './reasons.js';

/** A folded form; `planned(routes)` is called when everybody's route was written. */
export function teamDay(desk, planned) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const outcome = el('ul.dropped');
  const states = new Map();
  const people = desk.reps.map((rep) => {
    states.set(rep.id, 'works');
    return select(`state-${rep.id}`, rep.full_name,
      ['works', 'absent', 'not_counted'].map((state) => [state, t(`team.${state}`)]), 'works', (state) => states.set(rep.id, state));
  });
  const spill = input('spill_over', t('team.spill_over'), { type: 'number', min: 0, max: 240, value: 15 });
  const balance = input('balance', t('team.balance'), { type: 'number', min: 0, max: 100, value: 20 });
  const button = el('button.primary.small', { type: 'submit' }, t('team.plan'));

  const those = (state) => [...states].filter(([, one]) => one === state).map(([id]) => id);
  const wish = (label) => {
    const { value } = label.querySelector('input');
    return value === '' ? null : Number(value);
  };

  async function submit(event) {
    event.preventDefault();
    message.hidden = true;
    button.disabled = true;
    button.textContent = t('planning');
    try {
      const { routes, nobody_can } = await request('/v1/routes/plan-team', {
        method: 'POST',
        body: {
          on_date: desk.date(), members: those('works').map((id) => ({ rep_id: id })), absent_ids: those('absent'),
          spill_over_minutes: wish(spill), balance_percent: wish(balance),
        },
      });
      const dropped = routes.reduce((count, route) => count + route.dropped.length, 0);
      const begun = routes.filter((route) => route.begun_count).length;
      outcome.replaceChildren(
        el('li', {}, t('team.done', {
          reps: number(routes.length), visits: number(routes.reduce((count, route) => count + route.stops.length, 0)), dropped: number(dropped),
        })),
        ...(begun ? [el('li', {}, t('team.begun', { reps: number(begun) }))] : []),
        ...nobody_can.map((one) => el('li', {}, one.name, el('span.little.quiet', {}, reasonOf(one)))));
      planned(routes);
    } catch (problem) {
      showProblem(message, problem);
    }
    button.disabled = false;
    button.textContent = t('team.plan');
  }

  return el('details.card.fold', {},
    el('summary', {}, t('team.title')),
    el('form.team', { onsubmit: submit },
      el('p.little.quiet', {}, t('team.hint')),
      ...people, el('div.actions', {}, spill, balance), button, message, outcome));
}
