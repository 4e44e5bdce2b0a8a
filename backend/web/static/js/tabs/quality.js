/** Data quality: doubtful pins with their evidence, pairs that may be one place, what was decided. */

import { request } from '../api.js';
import { el, select } from '../dom.js';
import { dateTime, distance, number, t } from '../i18n.js';
import { pinFeatures } from '../map/pins.js';
import { empty, latest, loading, problemCard, showProblem } from '../parts.js';
import { doubtCard } from './quality-doubt.js';
import { historyFold } from './quality-history.js';
import { pairsFold } from './quality-pairs.js';

const PAGE = 50;
const LOOK_AGAIN_MS = 1500;
const REASONS = ['visits_elsewhere', 'crowded_spot', 'far_from_street', 'outside_unit'];

export function qualityTab(panel, desk) {
  const run = latest();
  const wanted = { reason: '' };
  let found = [];
  let timer = null;
  const state = el('div.panel-part');
  const message = el('p.message', { role: 'status', hidden: true });
  const list = el('div', { 'aria-live': 'polite' });
  const card = el('div.panel-part', { hidden: true });
  const browse = el('div.panel-part', {}, state, list);
  const history = historyFold(desk, { undone: (told) => { say(t('quality.done.undo', { name: told.account_name })); changed(); } });
  const pairs = desk.isPlanner ? pairsFold(desk, { changed: () => desk.map.refresh('prospects') }) : null;
  const head = el('section.card.quality', {}, el('h2', {}, t('quality.title')), el('p.quiet', {}, t('quality.lead')), message, browse);
  panel.append(card, head, ...(pairs ? [pairs.node] : []), history.node);

  function say(text) {
    message.classList.remove('error');
    message.classList.add('done');
    message.textContent = text;
    message.hidden = false;
  }

  function load() {
    list.replaceChildren(loading());
    run(() => Promise.all([
      request('/v1/pins/summary'), request('/v1/pins', { query: { ...wanted, limit: PAGE } }),
    ]), (answers, problem) => {
      if (problem) {
        list.replaceChildren(problemCard(problem, load));
        return;
      }
      const [summary, page] = answers;
      found = page.items;
      showState(summary);
      if (!found.length) list.replaceChildren(empty(t('quality.none'), t('quality.none_hint')));
      else {
        const rows = el('ul.row-list', { 'aria-label': t('quality.title') });
        list.replaceChildren(rows);
        append(rows, page);
      }
      draw();
    });
  }

  function showState({ reasons, check }) {
    const total = reasons.reduce((sum, one) => sum + one.pins, 0);
    const count = Object.fromEntries(reasons.map((one) => [one.reason, one.pins]));
    const options = [['', t('quality.all_reasons', { pins: number(total) })], ...REASONS.filter((one) => count[one] || one === wanted.reason)
      .map((one) => [one, t('quality.reason_count', { reason: t(`quality.reason.${one}`), pins: number(count[one] ?? 0) })])];
    state.replaceChildren(
      ...checkState(check),
      select('reason', t('quality.reason'), options, wanted.reason, (reason) => { wanted.reason = reason; load(); }),
      el('div.actions', {},
        desk.isPlanner ? el('button', { type: 'button', disabled: check?.status === 'running', onclick: startCheck }, t('quality.check')) : null,
        el('button', { type: 'button', disabled: !total, onclick: download }, t('quality.download'))));
  }

  function checkState(check) {
    clearTimeout(timer);
    if (!check) return [el('p.quiet.little', {}, t('quality.never_checked'))];
    const { step, accounts, checked } = check;
    if (check.status === 'running') {
      timer = setTimeout(watch, LOOK_AGAIN_MS);
      return [el('p.little', {}, t(`quality.step.${step}`, { checked: number(checked), accounts: number(accounts) })),
        el('progress', { max: Math.max(accounts, 1), value: step === 'pairs' ? accounts : checked, 'aria-label': t('quality.check') })];
    }
    return [el('p.quiet.little', {}, t('quality.checked_at', { at: dateTime(check.finished_at), accounts: number(checked) }),
      check.has_streets ? '' : ` ${t('quality.without_streets')}`)];
  }

  /** Only the state changes while a check runs; the list stays under the person's hand. */
  async function watch() {
    try {
      const summary = await request('/v1/pins/summary');
      if (!state.isConnected) return;
      showState(summary);
      if (summary.check?.status === 'done') { load(); pairs?.reload(); }
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  async function startCheck() {
    try {
      await request('/v1/pins/checks', { method: 'POST' });
      watch();
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  async function download() {
    try {
      const answer = await request('/v1/pins/doubtful.csv', { query: wanted, raw: true });
      const url = URL.createObjectURL(await answer.blob());
      el('a', { href: url, download: 'pins.csv' }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  function append(rows, page) {
    rows.append(...page.items.map((one) => el('li', {}, row(one))));
    if (!page.next_cursor) return;
    const more = el('button', { type: 'button' }, t('show_more'));
    const item = el('li', {}, more);
    more.onclick = async () => {
      more.disabled = true;
      try {
        const next = await request('/v1/pins', { query: { ...wanted, limit: PAGE, cursor: page.next_cursor } });
        item.remove();
        found = [...found, ...next.items];
        append(rows, next);
        draw();
      } catch (problem) {
        showProblem(message, problem);
        more.disabled = false;
      }
    };
    rows.append(item);
  }

  const row = (doubt) => el('button.row', { type: 'button', onclick: () => open(doubt) },
    el('span.main', {}, el('strong', {}, doubt.account_name), el('span.quiet.little', {}, t(`quality.reason.${doubt.reason}`))),
    el('span.end.number.little', {}, doubt.distance_m ? distance(doubt.distance_m) : ''));

  function open(doubt) {
    message.hidden = true;
    head.hidden = true;
    card.hidden = false;
    card.replaceChildren(doubtCard(doubt, desk, { back, answered }));
    card.querySelector('h2').focus();
    draw(doubt);
    desk.map.fit([doubt.location, doubt.suggested ?? doubt.evidence.unit_location ?? doubt.location, ...(doubt.evidence.sightings ?? []).map((one) => one.location)]);
  }

  function back() {
    card.hidden = true;
    card.replaceChildren();
    head.hidden = false;
    draw();
  }

  function answered(words) {
    back();
    say(words);
    changed();
  }

  function changed() {
    desk.map.refresh('prospects');
    history.reload();
    load();
  }

  const draw = (chosen = null) => desk.map.see({ overlay: { type: 'FeatureCollection', features: pinFeatures(found, chosen) } });

  load();
  return {
    arrive() {},
    leave() {
      clearTimeout(timer);
      desk.map.see({ overlay: null });
    },
  };
}
