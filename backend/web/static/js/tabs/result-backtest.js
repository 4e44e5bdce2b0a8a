/** What today's planner would have made of a rep's past weeks: asked for, watched, stopped. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { daysBefore, distance, duration, known, language, number, t } from '../i18n.js';
import { estimateBadge, showProblem } from '../parts.js';

const WEEKS_DAYS = 28;
const LOOK_MS = 1500;

/** A button that plans the four weeks before a day anew, with what came of it; one under way is watched. */
export function backtest(repId, desk) {
  if (!desk.isPlanner) return null;
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('div');
  const stop = el('button.small', { type: 'button', hidden: true }, t('backtest.stop'));
  const ask = el('button.small', { type: 'button', disabled: true, onclick: () => begin().catch(end) }, t('backtest'));

  async function begin() {
    ask.disabled = true;
    message.hidden = true;
    const toDate = daysBefore(desk.info.today, 1);
    await watch(await request('/v1/followup/backtests', {
      method: 'POST', body: { rep_id: repId, from_date: daysBefore(toDate, WEEKS_DAYS - 1), to_date: toDate },
    }));
    end(null);
  }

  /** Go on with what somebody asked for before. */
  async function resume() {
    const { items } = await request('/v1/followup/backtests');
    const found = items.find((one) => one.backtest.rep_id === repId && isUnderWay(one));
    if (found) await watch(found);
    end(null);
  }

  async function watch(first) {
    let found = first;
    const path = `/v1/followup/backtests/${found.backtest.id}`;
    stop.hidden = false;
    stop.onclick = () => request(`${path}/cancel`, { method: 'POST' }).catch(end);
    // Whoever looks elsewhere stops watching; the job goes on.
    while (isUnderWay(found) && node.isConnected) {
      told.replaceChildren(el('p.quiet', { role: 'status' }, t('backtest.progress', { done: number(found.backtest.days_done), count: number(found.backtest.days_total ?? 0) })));
      await new Promise((done) => { setTimeout(done, LOOK_MS); });
      found = await request(path);
    }
    told.replaceChildren(sum(found));
  }

  function end(problem) {
    ask.disabled = false;
    stop.hidden = true;
    if (problem) showProblem(message, problem);
  }

  const node = el('div', {}, el('div.actions', {}, ask, stop), told, message);
  resume().catch(end);
  return node;
}

const isUnderWay = ({ backtest: { state } }) => ['queued', 'running'].includes(state);

function sum({ backtest: { days, failure }, total }) {
  if (failure) return el('p.message.error', { role: 'alert' }, known(`problem.${failure.code}`) && language() !== 'en' ? `${t(`problem.${failure.code}`)} ` : '', failure.detail);
  if (!total.days) return el('p.quiet', {}, t('backtest.nothing'));
  const isEstimate = days.some((one) => one.is_estimate);
  const rows = [
    [t('backtest.way'), distance(total.driven_m), distance(total.would_drive_m)],
    [t('backtest.time'), duration(total.minutes * 60), duration(total.would_take_minutes * 60)],
    [t('backtest.missed'), number(total.missed), number(total.would_miss)],
  ];
  return el('div.results', {}, el('table.number', {},
    el('thead', {}, el('tr', {}, ['days', 'was', 'would'].map((name) => el('th', { scope: 'col' }, t(`backtest.${name}`, { count: number(total.days) }))))),
    el('tbody', {}, rows.map(([name, was, would]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, was), el('td', {}, would))))),
  isEstimate ? estimateBadge() : null);
}
