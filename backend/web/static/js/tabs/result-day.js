/** One person's day: each visit planned and made, the way planned and driven, what is objected. */

import { request } from '../api.js';
import { repColor } from '../colors.js';
import { el, swatch } from '../dom.js';
import { day as dayName, distance, duration, number, t, time } from '../i18n.js';
import { decodePolyline } from '../map/polyline.js';
import { estimateBadge, showProblem } from '../parts.js';
import { go } from '../place.js';
import { backtest } from './result-backtest.js';

const VERDICT_BADGE = { done: '.good', missed: '.bad', open: '.blue', extra: '.warn' };
const LATE_FROM_MINUTES = 15;

/** The map's part of a day: planned and driven lines, and where the check-ins were. */
export function dayOverlay(day) {
  const line = (kind) => (coordinates) => ({ type: 'Feature', properties: { kind }, geometry: { type: 'LineString', coordinates } });
  const isLine = (points) => points.length > 1;
  const planned = [decodePolyline(day.planned_line ?? '')].filter(isLine).map(line('planned'));
  const driven = (day.mileage?.lines ?? []).map(decodePolyline).filter(isLine).map(line('driven'));
  const places = day.visits.filter((one) => one.location && one.checked_in_at).map((one) => ({
    type: 'Feature', properties: { kind: 'place', is_ghost: one.ghost.length > 0 },
    geometry: { type: 'Point', coordinates: one.location },
  }));
  return { type: 'FeatureCollection', features: [...planned, ...driven, ...places] };
}

export function dayCard(day, desk, reload) {
  return el('article.card', { dataset: { day: day.rep_id } },
    el('div.card-head', {}, swatch(repColor(day.rep_id)), el('div', {}, el('h2', {}, day.rep_name), el('p.quiet.little', {}, dayName(day.on_date))),
      el('button.small', { type: 'button', onclick: () => go({ rep: null }) }, t('close'))),
    facts(day),
    day.visits.length ? el('ol.results-visits', {}, day.visits.map((one) => visit(one))) : el('p.quiet', {}, t('no_visits')),
    objections(day, desk, reload),
    backtest(day.rep_id, desk));
}

function facts({ measures, mileage, planned_m: plannedM }) {
  const rows = [
    [t('result.way'), way(mileage)],
    plannedM !== null && [t('result.planned_way'), distance(plannedM)],
    mileage?.unmatched_m && [t('result.unmatched'), distance(mileage.unmatched_m)],
    mileage?.off_route_m && [t('result.off_route'), `${distance(mileage.off_route_m)} · ${duration((mileage.off_route_minutes ?? 0) * 60)}`],
    measures.order_kept !== null && [t('result.order'), `${number(measures.order_kept * 100)} %`],
    measures.visit_ratio !== null && [t('result.visit_ratio'), `× ${number(measures.visit_ratio, 2)}`],
    measures.travel_ratio !== null && [t('result.travel_ratio'), `× ${number(measures.travel_ratio, 2)}`],
  ].filter(Boolean);
  return el('dl', {}, rows.map(([name, value]) => [el('dt', {}, name), el('dd.number', {}, value)]));
}

function way(mileage) {
  if (!mileage) return '–';
  return [distance(mileage.distance_m), ' ', t(`result.source.${mileage.source}`), ' ', mileage.is_estimate ? estimateBadge() : null].filter(Boolean);
}

function visit(one) {
  const remarks = [
    one.reason && t(`missed.${one.reason}`),
    one.outcome && t(`outcome.${one.outcome}`),
    one.late_minutes !== null && Math.abs(one.late_minutes) >= LATE_FROM_MINUTES
      && t(one.late_minutes > 0 ? 'result.late_by' : 'result.early_by', { minutes: number(Math.abs(one.late_minutes)) }),
    one.stay_minutes !== null && t('result.stayed', { minutes: number(one.stay_minutes) }),
    one.is_excused && t('result.excused'),
  ].filter(Boolean);
  return el('li', { dataset: { visit: one.visit_id } },
    el('span.number.quiet', {}, one.sequence ? String(one.sequence) : '+'),
    el('span', {},
      el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: one.account_id }) }, one.name),
      el(`span.badge${VERDICT_BADGE[one.verdict]}`, {}, t(`verdict.${one.verdict}`)),
      one.ghost.map((why) => el('span.badge.bad', { title: t('result.ghosts.hint') }, t(`ghost.${why}`))),
      el('br'), el('span.little.quiet', {}, remarks.join(' · '))),
    el('span.little.number', {}, times(one)));
}

function times(one) {
  const planned = one.planned_start_at ? time(one.planned_start_at) : '–';
  return [planned, ' → ', one.checked_in_at ? el('b', {}, time(one.checked_in_at)) : '–'];
}

function objections(day, desk, reload) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const send = async (path, body) => {
    message.hidden = true;
    try {
      await request(path, { method: 'POST', body });
      reload();
    } catch (problem) {
      showProblem(message, problem);
    }
  };
  const items = day.objections.map((one) => el('li', {},
    el('blockquote', {}, one.body),
    el('span.little.quiet', {}, [objectedTo(day, one), t(`objection.${one.state}`), one.answer].filter(Boolean).join(' · ')),
    one.state === 'open' && desk.isPlanner ? el('div.actions', {}, [true, false].map((isAccepted) => el('button.small', {
      type: 'button', onclick: () => send(`/v1/followup/objections/${one.id}/answer`, { is_accepted: isAccepted }),
    }, t(isAccepted ? 'objection.accept' : 'objection.refuse')))) : null));
  const isOwn = day.rep_id === desk.user.id;
  return el('div', {},
    items.length ? el('ul.row-list', {}, items) : null,
    isOwn ? objectionForm(day, send) : null,
    message);
}

const objectedTo = (day, one) => day.visits.find((visit) => visit.visit_id === one.visit_id)?.name;

function objectionForm(day, send) {
  const which = el('select', { name: 'visit' },
    el('option', { value: '' }, t('objection.whole_day')),
    day.visits.map((one) => el('option', { value: one.visit_id }, one.name)));
  const body = el('input', { name: 'body', required: true, maxLength: 2000 });
  return el('form.actions', {
    onsubmit: (event) => {
      event.preventDefault();
      if (body.value.trim()) send('/v1/followup/objections', { on_date: day.on_date, visit_id: which.value || null, body: body.value.trim() });
    },
  }, el('label', {}, el('span', {}, t('objection.to')), which), el('label', {}, el('span', {}, t('objection.words')), body),
  el('button.small', { type: 'submit' }, t('objection.send')));
}
