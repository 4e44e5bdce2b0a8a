/** What can be done to many accounts, of an area or chosen: asked in a dialog, previewed, carried out, undone. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { number, t } from '../i18n.js';
import { showProblem } from '../parts.js';
import { go } from '../place.js';
import { joined, joinFields } from './campaign-fields.js';

const LOOK_AGAIN_MS = 1000;
const PRIORITIES = ['1', '2', '3', '4', '5'];
const PLANNER_KINDS = ['territory', 'campaign', 'leave_campaign'];
const AREA_KINDS = ['territory', 'add_tags', 'remove_tags', 'frequency', 'priority', 'visit', 'campaign'];
const ENDED = ['done', 'undone', 'failed'];

/** Each kind of action: its fields, and what they ask of the service. */
const KINDS = {
  territory: {
    fields: (desk) => [select('territory_id', t('territory'), [...desk.territories.map((one) => [one.id, one.name]), ['', t('bulk.by_location')]], desk.territories[0]?.id ?? '')],
    asked: ({ territory_id }) => ({ territory_id: territory_id.value || null }),
  },
  add_tags: { fields: () => [tagField()], asked: ({ tags }) => ({ tags: words(tags.value) }) },
  remove_tags: { fields: () => [tagField()], asked: ({ tags }) => ({ tags: words(tags.value) }) },
  frequency: {
    fields: () => [input('visit_every_days', t('bulk.every_days'), { type: 'number', min: '1', max: '730', value: '28', required: true })],
    asked: ({ visit_every_days }) => ({ visit_every_days: Number(visit_every_days.value) }),
  },
  priority: {
    fields: () => [select('priority', t('area.priority'), PRIORITIES.map((one) => [one, t(`class.priority.${one}`)]), '1')],
    asked: ({ priority }) => ({ priority: Number(priority.value) }),
  },
  visit: {
    fields: (desk) => [
      input('planned_on', t('plan_visit.day'), { type: 'date', value: desk.date(), required: true }),
      desk.isPlanner ? select('rep_id', t('plan_visit.rep'), desk.reps.map((rep) => [rep.id, rep.full_name]), desk.reps[0]?.id ?? '') : null,
    ],
    asked: ({ planned_on, rep_id }) => ({ planned_on: planned_on.value, rep_id: rep_id?.value || null }),
  },
  campaign: { fields: joinFields, asked: joined },
  leave_campaign: { fields: () => [el('p', {}, t('bulk.leave_campaign.hint'))], asked: () => ({}) },
};

const words = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);
const tagField = () => input('tags', t('bulk.tags'), { required: true, maxLength: 200, autocomplete: 'off' });

/**
 * Buttons for accounts: `meant()` says which, `changed` is called when something was done to them. `values` are what
 * an action asks besides its fields.
 */
export function bulkActions(desk, { meant, changed, title = t('bulk.title'), kinds: offered = AREA_KINDS, values = {} }) {
  if (desk.user.role === 'analyst') return null;
  const outcome = el('div', { 'aria-live': 'polite' });
  const kinds = offered.filter((kind) => desk.isPlanner || !PLANNER_KINDS.includes(kind));
  return el('section.bulk', {}, el('h3', {}, title),
    el('div.actions', {}, kinds.map((kind) => el('button.small', { type: 'button', onclick: () => open(kind) }, t(`bulk.${kind}`)))),
    outcome);

  function open(kind) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const told = el('div', { 'aria-live': 'polite' });
    const look = el('button', { type: 'submit' }, t('bulk.preview'));
    const act = el('button.primary', { type: 'button', disabled: true, onclick: () => carryOut() }, t('bulk.do'));
    const form = el('form', {
      onsubmit: (event) => { event.preventDefault(); preview(); },
      // What was previewed is what is done: another value asks for another look.
      oninput: () => { act.disabled = true; told.replaceChildren(); },
    },
    el('h2', {}, t(`bulk.${kind}`)), el('div.filters', {}, KINDS[kind].fields(desk)), told, message,
    el('div.actions', {}, look, act, el('button', { type: 'button', onclick: () => dialog.close() }, t('cancel'))));
    const dialog = el('dialog.card', { 'aria-label': t(`bulk.${kind}`), onclose: () => dialog.remove() }, form);
    document.body.append(dialog);
    dialog.showModal();

    const body = () => ({ ...meant(), action: { kind, ...(kind === 'leave_campaign' ? values : {}), ...KINDS[kind].asked(form.elements) } });

    async function attempt(button, work) {
      button.disabled = true;
      message.hidden = true;
      try {
        await work();
      } catch (problem) {
        showProblem(message, problem);
        button.disabled = false;
      }
    }

    const preview = () => attempt(look, async () => {
      const found = await request('/v1/bulk-actions/preview', { method: 'POST', body: body() });
      told.replaceChildren(...previewWords(found));
      act.disabled = !found.would_change;
      look.disabled = false;
    });

    const carryOut = () => attempt(act, async () => {
      const begun = await request('/v1/bulk-actions', { method: 'POST', body: body() });
      dialog.close();
      follow(begun);
    });
  }

  /** Show how far an action is until it ends. */
  async function follow(action) {
    outcome.replaceChildren(actionCard(action, () => undo(action)));
    if (ENDED.includes(action.status)) {
      changed();
      return;
    }
    await new Promise((done) => { setTimeout(done, LOOK_AGAIN_MS); });
    if (!outcome.isConnected) return;
    await attemptHere(async () => follow(await request(`/v1/bulk-actions/${action.id}`)));
  }

  function undo(action) {
    return attemptHere(async () => follow(await request(`/v1/bulk-actions/${action.id}/undo`, { method: 'POST' })));
  }

  async function attemptHere(work) {
    try {
      await work();
    } catch (problem) {
      const message = el('p.message', { role: 'alert' });
      showProblem(message, problem);
      outcome.append(message);
    }
  }
}

function previewWords(found) {
  return [
    el('p', {}, el('strong', {}, t('bulk.would_change', { count: number(found.would_change), of: number(found.accounts) }))),
    found.unchanged ? el('p.little.quiet', {}, t('bulk.unchanged', { count: number(found.unchanged) })) : null,
    ...found.refused.map(refusal),
    found.is_job ? el('p.little.quiet', {}, t('bulk.is_job')) : null,
  ].filter(Boolean);
}

function refusal({ reason, accounts, examples }) {
  const names = examples.map((one) => one.name).join(', ');
  return el('p.little.warn-words', {}, t('bulk.refused', { count: number(accounts), why: t(`bulk.reason.${reason}`) }), names ? ` ${names}` : null);
}

function actionCard(action, undo) {
  const done = action.accounts - action.waiting;
  const undoing = action.status === 'undoing' || action.status === 'undone';
  const progress = el('progress', { max: Math.max(action.accounts, 1), value: done, 'aria-label': t('bulk.progress') });
  return el('div.card', {},
    el('strong', {}, t(`bulk.status.${action.status}`, { what: t(`bulk.${action.action.kind}`) })),
    ENDED.includes(action.status) ? null : progress,
    el('p.little', {}, undoing
      ? t('bulk.undone', { count: number(action.undone), kept: number(action.kept) })
      : t('bulk.changed', { count: number(action.changed), of: number(action.accounts) })),
    ...action.refused.map(refusal),
    action.failure ? el('p.message.error', { role: 'alert' }, t('bulk.failed')) : null,
    el('div.actions', {}, action.action.kind === 'campaign' && !undoing ? el('button.small', { type: 'button', onclick: () => go({ tab: 'areas', campaign: action.action.campaign_id }) }, t('campaign.open')) : null,
    action.status === 'done' && action.changed ? el('button.small', { type: 'button', onclick: (event) => { event.target.disabled = true; undo(); } }, t('bulk.undo')) : null));
}
