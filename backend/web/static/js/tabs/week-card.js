/** One coverage plan: progress or figures, the days as a heat strip, what is dropped, what to do. */

import { request } from '../api.js';
import { repColor } from '../colors.js';
import { el, swatch } from '../dom.js';
import { day, distance, duration, known, language, number, t } from '../i18n.js';
import { estimateBadge, kindBadge, loading, notPreferredBadge, showProblem } from '../parts.js';
import { go } from '../place.js';
import { comparison } from './week-comparison.js';

const BADGE = { queued: '', running: 'blue', done: 'warn', accepted: 'good', failed: 'bad', cancelled: '', replaced: '' };
const HEATS = 5;
const WEEK = 7;
const DAY_MS = 86_400_000;

/** What a card is made of, but for the progress; two plans of the same shape look the same. */
export const shapeOf = (plan, acceptedId) => JSON.stringify([plan.status, plan.summary, plan.failure, acceptedId]);

/** Show in a card how far its plan is now. */
export function showProgress(card, plan) {
  card.querySelector('.progress')?.replaceWith(progress(plan));
}

/** `acts`: {isPlanner, isOpen, today, acceptedId, fold(isOpen), changed()}. */
export function weekCard(plan, acts) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const { summary } = plan;
  const isRunning = ['queued', 'running'].includes(plan.status);
  return el('article.card', { dataset: { plan: plan.id, shape: shapeOf(plan, acts.acceptedId) } },
    el('div.card-head', {}, swatch(repColor(plan.rep_id)),
      el('div', {},
        el('h2', {}, plan.rep_name, ' ', el(`span.badge${BADGE[plan.status] ? `.${BADGE[plan.status]}` : ''}`, {}, t(`weeks.status.${plan.status}`)),
          ' ', summary?.is_estimate ? estimateBadge() : null),
        el('p.quiet.little', {}, t('weeks.span', { from: day(plan.from_on), to: day(plan.last_on), count: number(plan.weeks) })))),
    isRunning ? progress(plan) : null,
    plan.failure ? el('p.message.error', {}, known(`problem.${plan.failure.code}`) && language() !== 'en' ? `${t(`problem.${plan.failure.code}`)} ` : '', plan.failure.detail) : null,
    summary && !plan.failure ? figures(summary) : null,
    message,
    acts.isPlanner ? actions(plan, message, acts) : null,
    summary && !plan.failure ? days(plan, acts) : null,
    ...comparisons(plan, acts));
}

/** Beside the accepted plan of the person, and beside what happened in weeks that have begun. */
function comparisons(plan, { acceptedId, today }) {
  if (!['done', 'accepted', 'replaced'].includes(plan.status)) return [];
  return [
    acceptedId && acceptedId !== plan.id ? comparison(plan, acceptedId) : null,
    plan.from_on < today ? comparison(plan, null) : null,
  ];
}

function progress(plan) {
  const share = Math.round(plan.share * 100);
  return el('div.progress', {},
    el('progress', { max: 100, value: share, 'aria-label': t('weeks.progress') }),
    el('span.little.quiet.number', {}, t(`weeks.phase.${plan.phase ?? 'queued'}`),
      plan.phase ? ` · ${number(share)} %` : null,
      plan.best_travel_seconds ? ` · ${t('weeks.best', { time: duration(plan.best_travel_seconds) })}` : null));
}

function figures(summary) {
  const about = summary.is_estimate ? '≈ ' : '';
  const kept = summary.frequencies.reduce((sum, one) => sum + one.kept, 0);
  const asked = summary.frequencies.reduce((sum, one) => sum + one.accounts, 0);
  return el('div', {},
    el('p.facts.number', {},
      el('span', {}, el('b', {}, t('weeks.visits', { count: number(summary.visits) }))),
      el('span', {}, el('b', {}, about + distance(summary.distance_m))),
      el('span', {}, t('driving', { time: about + duration(summary.travel_seconds) }))),
    el('p.facts.number.little.quiet', {},
      el('span', {}, t('weeks.kept', { kept: number(kept), count: number(asked) })),
      el('span', {}, t('weeks.spread', { percent: number(summary.spread_percent, 1) })),
      summary.compared ? el('span', {}, t('weeks.changed', { changed: number(summary.changed), count: number(summary.compared) })) : null,
      summary.bound_seconds ? el('span', { title: t('weeks.gap_hint') }, t('weeks.gap', { percent: number(summary.gap_percent, 1) })) : null),
    summary.balance_note && language() === 'en' ? el('p.little.quiet', {}, summary.balance_note) : null);
}

function actions(plan, message, acts) {
  const act = (name, words, kind = '') => {
    const button = el(`button.small${kind}`, {
      type: 'button',
      onclick: async () => {
        button.disabled = true;
        message.hidden = true;
        try {
          await request(`/v1/coverage-plans/${plan.id}/${name}`, { method: 'POST' });
          acts.changed();
        } catch (problem) {
          showProblem(message, problem);
          button.disabled = false;
        }
      },
    }, words);
    return button;
  };
  const buttons = [];
  if (['queued', 'running'].includes(plan.status)) buttons.push(act('cancel', t('weeks.cancel')));
  if (['done', 'replaced'].includes(plan.status)) buttons.push(act('accept', t('weeks.accept'), '.primary'));
  return buttons.length ? el('div.actions', {}, buttons) : null;
}

/** The days in a fold, read when it is opened. */
function days(plan, acts) {
  const body = el('div');
  const fold = el('details.fold', { open: acts.isOpen, ontoggle: () => { acts.fold(fold.open); if (fold.open && !body.hasChildNodes()) fill(); } },
    el('summary', {}, t('weeks.days')), body);
  const fill = async () => {
    body.replaceChildren(loading());
    try {
      const { result } = await request(`/v1/coverage-plans/${plan.id}`);
      const chosen = el('div');
      body.replaceChildren(...(result ? [calendar(plan, result, chosen), chosen, ...droppedList(result.dropped)] : []));
    } catch (problem) {
      const message = el('p.message', { role: 'alert' });
      showProblem(message, problem);
      body.replaceChildren(message);
    }
  };
  return fold;
}

/** A row a week, a column a day of the week that is ever worked on; the colour is load against capacity. */
function calendar(plan, result, chosen) {
  const about = plan.summary.is_estimate ? '≈ ' : '';
  const begin = Date.parse(`${plan.first_on}T00:00:00Z`);
  const at = new Map(result.days.map((one) => [(Date.parse(`${one.on_date}T00:00:00Z`) - begin) / DAY_MS, one]));
  const columns = [...Array(WEEK).keys()].filter((weekday) => [...at.keys()].some((index) => index % WEEK === weekday));
  const rows = [...Array(plan.weeks).keys()].map((week) => el('tr', {},
    el('th', { scope: 'row' }, t('weeks.week', { number: number(week + 1) })),
    columns.map((column) => el('td', {}, at.has(week * WEEK + column) ? cell(at.get(week * WEEK + column), about, chosen) : el('span.off', {}, '–')))));
  return el('table.weeks', {},
    el('caption.little.quiet', {}, t('weeks.legend')),
    el('thead', {}, el('tr', {}, el('td'), columns.map((column) => el('th', { scope: 'col' }, t(`weeks.weekday.${column}`))))),
    el('tbody', {}, rows));
}

function cell(one, about, chosen) {
  const share = one.capacity_seconds ? one.load_seconds / one.capacity_seconds : 0;
  const heat = share > 1 ? 'over' : String(one.stops.length ? Math.max(1, Math.ceil(share * HEATS)) : 0);
  const percent = number(share * 100);
  return el(`button.heat.heat-${heat}`, {
    type: 'button',
    title: `${day(one.on_date)}: ${t('stops_count', { count: number(one.stops.length) })}, ${duration(one.load_seconds)} (${percent} %), ${about}${distance(one.distance_m)}`,
    onclick: () => {
      chosen.replaceChildren(stopsOf(one));
      chosen.scrollIntoView({ block: 'nearest' });
    },
  }, el('b', {}, `${percent} %`), el('span', {}, `${about}${number(one.distance_m / 1000)} km`));
}

function stopsOf(one) {
  return el('div', {},
    el('h3', {}, day(one.on_date)),
    el('ol.stops', {}, one.stops.map((stop, index) => el('li.stop', {},
      el('span.pin', {}, String(index + 1)),
      el('span', {},
        el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: stop.account_id }) }, stop.name),
        kindBadge(stop), stop.is_preferred === false ? [' ', notPreferredBadge()] : null),
      el('time', {}, stop.start.slice(0, 5))))),
    el('button.small', { type: 'button', onclick: () => go({ tab: 'routes', date: one.on_date, route: null }) }, t('weeks.open_day')));
}

function droppedList(dropped) {
  if (!dropped.length) return [];
  return [el('details.fold', {},
    el('summary', {}, t('weeks.dropped', { count: number(dropped.length) })),
    el('ul.dropped', {}, dropped.map((one) => el('li', {},
      el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: one.account_id }) }, one.name),
      el('span.little.quiet', {}, one.week ? `${t('weeks.week', { number: number(one.week) })} · ` : '',
        language() === 'en' ? one.detail : known(`weeks.rule.${one.rule}`) ?? one.detail)))))];
}
