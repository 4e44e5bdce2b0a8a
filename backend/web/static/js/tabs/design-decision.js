/** What is decided on a scenario: proposed, approved by another planner, published at its day; and the past. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { dateTime, day, known, number, t } from '../i18n.js';
import { latest, problemCard, showProblem } from '../parts.js';

const BEGUN = ['scheduled', 'applied'];

/** `changed(design, {isPublished})` is called with what the service answers. */
export function designDecision(desk, design, scenario, changed) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const path = `/v1/territory-designs/${design.id}`;
  const made = design.request.territories;
  return el('section.panel-part', { 'aria-label': t('design.decision'), tabIndex: -1 }, el('h3', {}, t('design.decision')), ...steps(), message);

  function steps() {
    if (BEGUN.includes(design.publication)) return published();
    const isProposed = design.proposed_scenario === scenario;
    const told = design.proposed_scenario && el('p', {}, t(design.approved_at ? 'design.is_approved' : 'design.is_proposed', {
      scenario: t(`design.scenario.${design.proposed_scenario}`), when: dateTime(design.approved_at ?? design.proposed_at),
    }));
    const isOwn = design.proposed_by === desk.user.id && !design.has_one_planner;
    return [
      told,
      !isProposed && note('propose', 'design.propose'),
      isProposed && !design.approved_at && (isOwn ? el('p.little.quiet', {}, t('design.wait_for_other')) : note('approve', 'design.approve')),
      isProposed && design.approved_at && publish(),
      design.proposed_scenario && el('div', {}, el('button', { type: 'button', onclick: (event) => send(event.target, 'withdraw', {}) }, t('design.withdraw'))),
    ].filter(Boolean);
  }

  function published() {
    const id = design.realignment_ids.at(-1);
    const isApplied = design.publication === 'applied';
    return [
      el('p.message.done', {}, t(isApplied ? 'design.is_applied' : 'design.is_scheduled', {
        scenario: t(`design.scenario.${design.published_scenario}`), day: day(design.effective_on),
      })),
      el('div', {}, el('button', { type: 'button', onclick: (event) => call(event.target, async () => {
        await request(`/v1/realignments/${id}/${isApplied ? 'undo' : 'cancel'}`, { method: 'POST' });
        changed(await request(path), { isPublished: isApplied });
      }) }, t(isApplied ? 'design.undo' : 'design.call_off'))),
    ];
  }

  function note(action, label) {
    const form = el('form.actions', { onsubmit: (event) => {
      event.preventDefault();
      send(form.querySelector('[type=submit]'), action, { scenario, note: form.elements.note.value });
    } },
    input('note', t('design.note'), { maxLength: 2000, autocomplete: 'off' }),
    el('button.primary', { type: 'submit' }, t(label, { scenario: t(`design.scenario.${scenario}`) })));
    return form;
  }

  function publish() {
    const form = el('form.panel-part', { onsubmit: (event) => {
      event.preventDefault();
      const { effective_on: on, hold_over_days: days } = form.elements;
      send(form.querySelector('[type=submit]'), 'publish', {
        scenario, effective_on: on.value, hold_over_days: Number(days.value), people: peopleMoves(form),
      });
    } },
    el('div.actions', {},
      input('effective_on', t('design.effective_on'), { type: 'date', value: desk.info.today, min: desk.info.today, required: true }),
      input('hold_over_days', t('design.hold_over'), { type: 'number', min: '0', max: '365', value: '7', required: true })),
    el('details.fold', {}, el('summary', {}, t('design.people')), el('div.filters', {}, mine().map(holder))),
    el('p.little.quiet', {}, t('design.publish_hint')),
    el('div', {}, el('button.primary', { type: 'submit' }, t('design.publish'))));
    return form;
  }

  function mine() {
    return made.map((one) => desk.territories.find((other) => other.id === one.territory_id)).filter(Boolean);
  }

  /** Who holds a territory from that day on; where several hold it now, they go on. */
  function holder(territory) {
    const { assignees } = territory;
    if (assignees.length > 1) return el('p.little', {}, `${territory.name}: ${assignees.map((one) => one.full_name).join(', ')}`);
    return select(`holder-${territory.id}`, territory.name, [['', t('choose_rep')], ...desk.reps.map((rep) => [rep.id, rep.full_name])], assignees[0]?.user_id ?? '');
  }

  function peopleMoves(form) {
    return mine().flatMap((one) => {
      const chosen = form.elements[`holder-${one.id}`]?.value;
      const now = one.assignees[0]?.user_id ?? '';
      if (chosen === undefined || chosen === now) return [];
      return [now && { user_id: now, from_territory_id: one.id }, chosen && { user_id: chosen, to_territory_id: one.id }].filter(Boolean);
    });
  }

  function send(button, action, body) {
    return call(button, async () => {
      const answer = await request(`${path}/${action}`, { method: 'POST', body });
      changed(answer, { isPublished: answer.publication === 'applied' });
    });
  }

  async function call(button, work) {
    button.disabled = true;
    message.hidden = true;
    try {
      await work();
    } catch (problem) {
      showProblem(message, problem);
      button.disabled = false;
    }
  }
}

/** What was done with a design, read when it is unfolded. */
export function designHistory(design) {
  const list = el('ol.design-history', { 'aria-label': t('design.history') });
  const run = latest();
  const load = () => run(() => request(`/v1/territory-designs/${design.id}/history`), (found, problem) => {
    list.replaceChildren(...(problem ? [el('li', {}, problemCard(problem, load))] : found.items.map(event)));
  });
  return el('details.fold', { ontoggle: (event) => { if (event.target.open) load(); } }, el('summary', {}, t('design.history')), list);
}

function event({ at, action, by, detail }) {
  const said = [
    detail.scenario && t(`design.scenario.${detail.scenario}`), detail.note,
    detail.moved !== undefined && action !== 'realignment.create' && t('design.event_moved', { count: number(detail.moved_back || detail.moved) }), detail.reason,
  ].filter(Boolean).join(' · ');
  return el('li', {}, el('strong', {}, known(`design.event.${action}`) ?? action), said ? ` ${said}` : '',
    el('span.quiet.little', {}, `${dateTime(at)} · ${by ?? t('design.by_service')}`));
}
