/** Put a visit of an account on a day by hand: when, what for, and by whom. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { t } from '../i18n.js';
import { showProblem, VISIT_KINDS } from '../parts.js';

/** A fold with the form, null where nobody could make the visit; `planned()` is called once the service has it. */
export function planVisit(account, desk, planned) {
  if (desk.isPlanner && !desk.reps.length) return null;
  const message = el('p.message', { role: 'alert', hidden: true });
  const usual = account.life_stage === 'prospect' && !account.last_visit_at ? 'first' : 'routine';
  const reps = desk.reps.map((rep) => [rep.id, rep.full_name]);
  const holders = desk.territories.find((one) => one.id === account.territory_id)?.assignees ?? [];
  const holder = holders.find((one) => reps.some(([id]) => id === one.user_id))?.user_id ?? reps[0]?.[0];
  const button = el('button.primary.small', { type: 'submit' }, t('plan_visit.submit'));
  const form = el('form.visit-by-hand', { onsubmit: (event) => { event.preventDefault(); save(); } },
    input('planned_on', t('plan_visit.day'), { type: 'date', required: true, min: desk.info.today, value: desk.info.today }),
    select('kind', t('visit_kind'), VISIT_KINDS.map((kind) => [kind, t(`kind.${kind}`)]), usual),
    desk.isPlanner ? select('rep_id', t('plan_visit.rep'), reps, holder) : null,
    message,
    el('div', {}, button));

  async function save() {
    const { planned_on, kind, rep_id } = form.elements;
    message.hidden = true;
    button.disabled = true;
    try {
      await request('/v1/visits', {
        method: 'POST',
        body: { account_id: account.id, planned_on: planned_on.value, kind: kind.value, rep_id: rep_id?.value || null },
      });
      desk.map.refresh('visits');
      planned();
    } catch (problem) {
      showProblem(message, problem);
      button.disabled = false;
    }
  }

  return el('details.fold', {}, el('summary', {}, t('plan_visit')), form);
}
