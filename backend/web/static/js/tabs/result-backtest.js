/** What today's planner would have made of a rep's past weeks: asked for, watched, stopped. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { daysBefore, distance, duration, number, t } from '../i18n.js';
import { estimateBadge, showProblem } from '../parts.js';

const WEEKS_DAYS = 28;
const LOOK_MS = 1500;

/** A button that plans the four weeks before a day anew, with what came of it. */
export function backtest(repId, desk) {
  if (!desk.isPlanner) return null;
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('div');
  const stop = el('button.small', { type: 'button', hidden: true }, t('backtest.stop'));
  const ask = el('button.small', { type: 'button', onclick: () => run().catch((problem) => end(problem)) }, t('backtest'));

  async function run() {
    ask.disabled = true;
    message.hidden = true;
    const toDate = daysBefore(desk.info.today, 1);
    let found = await request('/v1/followup/backtests', {
      method: 'POST', body: { rep_id: repId, from_date: daysBefore(toDate, WEEKS_DAYS - 1), to_date: toDate },
    });
    const path = `/v1/followup/backtests/${found.backtest.id}`;
    stop.hidden = false;
    stop.onclick = () => request(`${path}/cancel`, { method: 'POST' }).catch((problem) => end(problem));
    // Whoever looks elsewhere stops watching; the job goes on.
    while (['queued', 'running'].includes(found.backtest.state) && node.isConnected) {
      told.replaceChildren(el('p.quiet', { role: 'status' }, t('backtest.progress', { done: number(found.backtest.days_done), count: number(found.backtest.days_total ?? 0) })));
      await new Promise((done) => { setTimeout(done, LOOK_MS); });
      found = await request(path);
    }
    told.replaceChildren(sum(found));
    end(null);
  }

  function end(problem) {
    ask.disabled = false;
    stop.hidden = true;
    if (problem) showProblem(message, problem);
  }

  const node = el('div', {}, el('div.actions', {}, ask, stop), told, message);
  return node;
}

function sum({ backtest: { days }, total }) {
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
