/** Pieces that several tabs show: problems, loading, emptiness, the day's picker, badges. */

import { el } from './dom.js';
import { day, t } from './i18n.js';
import { go } from './place.js';

/** Put a problem's words into a message; the fields that are wrong are named below. */
export function showProblem(message, problem) {
  if (problem.status === undefined) console.error(problem);
  const lines = (problem.errors ?? []).filter((one) => one.message && one.message !== problem.message);
  message.replaceChildren(
    el('span', {}, problem.status === undefined ? t('problem.page') : problem.message),
    ...lines.map((one) => el('span.little', {}, el('br'), one.field ? `${one.field}: ${one.message}` : one.message)),
  );
  message.classList.add('error');
  message.hidden = false;
}

/** A problem in place of a list, with a way to try again. */
export function problemCard(problem, again) {
  const message = el('p.message', { role: 'alert' });
  showProblem(message, problem);
  return el('div.card', {}, message, el('div', {}, el('button', { type: 'button', onclick: again }, t('try_again'))));
}

export function loading() {
  return el('div.loading', { role: 'status', 'aria-label': t('loading') }, el('span'), el('span'), el('span'));
}

export function empty(title, hint) {
  return el('div.empty', {}, el('strong', {}, title), hint ? el('span', {}, hint) : null);
}

export function estimateBadge() {
  return el('span.badge.warn', { title: t('estimate_hint') }, t('estimate'));
}

/** A quiet mark on a visit at another time than its account prefers. */
export function notPreferredBadge() {
  return el('span.badge', { title: t('not_preferred_hint') }, t('not_preferred'));
}

export const VISIT_KINDS = ['routine', 'first', 'order', 'delivery', 'service'];

/** What a visit is for, where that is not the usual. */
export function kindBadge({ kind }) {
  return !kind || kind === 'routine' ? null : [' ', el('span.badge.blue', {}, t(`kind.${kind}`))];
}

/** The picker of the day that routes and visits share; it moves the page. */
export function dayPicker(desk) {
  const move = (days) => {
    const next = new Date(`${desk.date()}T00:00:00Z`);
    next.setUTCDate(next.getUTCDate() + days);
    go({ date: next.toISOString().slice(0, 10), route: null });
  };
  const field = el('input', { type: 'date', name: 'date', value: desk.date(), onchange: () => field.value && go({ date: field.value, route: null }) });
  const label = el('span', {}, day(desk.date()));
  const node = el('div.day', {},
    el('button', { type: 'button', onclick: () => move(-1), 'aria-label': t('day_before') }, '‹'),
    el('label', {}, label, field),
    el('button', { type: 'button', onclick: () => move(1), 'aria-label': t('day_after') }, '›'),
    el('button', { type: 'button', onclick: () => go({ date: desk.info.today, route: null }) }, t('today')));
  return { node, update() { field.value = desk.date(); label.textContent = day(desk.date()); } };
}

export const STATUS_BADGE = { planned: 'blue', checked_in: 'warn', done: 'good', cancelled: '' };

export function statusBadge(status) {
  return el(`span.badge${STATUS_BADGE[status] ? `.${STATUS_BADGE[status]}` : ''}`, {}, t(`status.${status}`));
}

/** Runs the newest load only: an older answer that comes late is dropped. */
export function latest() {
  let turn = 0;
  return async (load, show) => {
    const mine = (turn += 1);
    try {
      const result = await load();
      if (mine === turn) show(result, null);
    } catch (problem) {
      if (mine === turn && problem.name !== 'AbortError') show(null, problem);
    }
  };
}
