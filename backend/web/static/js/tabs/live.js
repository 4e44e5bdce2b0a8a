/** The day as it runs: where reps were last in their working hours, plan and actual, and who looked. */

import { request } from '../api.js';
import { knowReps, repColor } from '../colors.js';
import { el, swatch } from '../dom.js';
import { duration, number, t, time } from '../i18n.js';
import { latest, problemCard } from '../parts.js';
import { hoursFold } from './live-hours.js';
import { looksFold } from './live-looks.js';

const MINUTE_MS = 60_000;
const OLD_S = 1800;
const SEES = ['rep', 'manager', 'admin'];
const BADGE = { seen: 'good', not_seen: 'warn', outside_hours: '', no_hours: '' };

/** `node` for the panel; `load()` reads anew, `stop()` forgets what is shown on the map. */
export function livePanel(desk) {
  const run = latest();
  const list = el('div', { 'aria-live': 'off' });
  let found = null;
  let isShown = false;
  const node = el('section.card.live', { hidden: true }, el('h2', {}, t('live.title')), el('p.quiet.little', {}, t('live.lead')), list,
    desk.isPlanner ? hoursFold(desk, { changed: load }) : null,
    looksFold());
  const timer = setInterval(show, MINUTE_MS);

  function load() {
    if (!SEES.includes(desk.user.role) || !isShown) return;
    run(() => request('/v1/live'), (day, problem) => {
      if (!isShown) return;
      if (problem) {
        list.replaceChildren(problemCard(problem, load));
        return;
      }
      found = day;
      found.readAt = Date.now();
      show();
    });
  }

  /** Ages go on between pokes, and what is outside working hours by now goes away. */
  function show() {
    if (!found || !isShown) return;
    knowReps(found.reps.map((one) => one.rep_id));
    const passed = (Date.now() - found.readAt) / 1000;
    const now = new Date(found.at).getTime() + passed * 1000;
    const reps = found.reps.map((one) => (one.until && new Date(one.until).getTime() <= now
      ? { ...one, presence: 'outside_hours', position: null } : one));
    list.replaceChildren(el('ul.row-list', { 'aria-label': t('live.title') }, reps.map((one) => el('li', {}, row(one, passed)))));
    desk.map.see({ overlay: { type: 'FeatureCollection', features: reps.filter((one) => one.position).map(dot) } });
  }

  function row(rep, passed) {
    const { standing, position } = rep;
    const age = position && position.age_s + passed;
    const next = standing.next_stop;
    return el('button.row', { type: 'button', disabled: !position, dataset: { rep: rep.rep_id }, onclick: () => desk.map.fly(position.location) },
      swatch(repColor(rep.rep_id)),
      el('span.main', {}, el('strong', {}, rep.rep_name),
        el('span.little', {}, t('live.standing', { done: number(standing.done), planned: number(standing.planned) }),
          standing.late ? [' ', el('span.badge.warn', {}, t('live.late', { count: number(standing.late) }))] : null),
        el('span.quiet.little', {}, next ? t('live.next', { name: next.account_name, time: time(next.planned_at) }) : t('live.no_next'))),
      el('span.end.little', {},
        position ? el(`span.badge.${age > OLD_S ? 'warn' : 'good'}`, {}, t('live.ago', { age: duration(Math.max(age, 0)) }))
          : el(`span.badge${BADGE[rep.presence] ? `.${BADGE[rep.presence]}` : ''}`, {}, t(`live.presence.${rep.presence}`))));
  }

  return {
    node,
    load,
    /** Only today is live. */
    show(isToday) {
      isShown = isToday;
      node.hidden = !isToday;
      if (!isToday) desk.map.see({ overlay: null });
    },
    stop() {
      isShown = false;
      clearInterval(timer);
      desk.map.see({ overlay: null });
    },
  };
}

const dot = ({ rep_id: id, rep_name: name, position }) => ({
  type: 'Feature', properties: { kind: 'live', color: repColor(id), name, rep_id: id },
  geometry: { type: 'Point', coordinates: position.location },
});
