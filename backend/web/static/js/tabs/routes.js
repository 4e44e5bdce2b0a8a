/** The day's routes: how far and how long, the stops with their times, what was left out and why. */

import { all, request } from '../api.js';
import { knowReps, repColor } from '../colors.js';
import { el, swatch } from '../dom.js';
import { distance, duration, number, t, time } from '../i18n.js';
import { dayPicker, empty, estimateBadge, kindBadge, latest, loading, notPreferredBadge, problemCard, showProblem, statusBadge } from '../parts.js';
import { go, place } from '../place.js';
import { adjusting, effect } from './route-adjust.js';
import { calendars } from './calendars.js';
import { handouts } from './route-handouts.js';
import { reworks } from './route-reworks.js';
import { reasonOf } from './reasons.js';
import { teamDay } from './team-day.js';

const BEGUN = ['checked_in', 'done'];

export function routesTab(panel, desk) {
  const picker = dayPicker(desk);
  const list = el('div.row-list');
  const run = latest();
  let loaded = null;
  let routes = [];
  let begun = new Map();
  const team = desk.isPlanner && desk.reps.length > 1 ? teamDay(desk, () => { desk.map.refresh('routes', 'visits'); load(); }) : '';
  panel.append(picker.node, team, list);

  function load() {
    loaded = desk.date();
    list.replaceChildren(loading());
    run(() => Promise.all(['/v1/routes', '/v1/visits'].map((path) => all(path, { on_date: loaded }))), (found, problem) => {
      if (problem) list.replaceChildren(problemCard(problem, load));
      else {
        const [days, visits] = found;
        routes = days.filter((route) => route.status === 'planned');
        begun = new Map(visits.filter((visit) => BEGUN.includes(visit.status)).map((visit) => [visit.id, visit.status]));
        knowReps(routes.map((route) => route.rep_id));
        desk.map.repaint();
        show({ move: true });
      }
    });
  }

  function show({ move = false } = {}) {
    const chosen = place().route;
    const without = desk.reps.filter((rep) => !routes.some((route) => route.rep_id === rep.id));
    const cards = [
      ...routes.map((route) => card(route, route.id === chosen)),
      ...(desk.isPlanner ? without.map((rep) => unplanned(rep)) : []),
    ];
    list.replaceChildren(...(cards.length ? cards : [empty(t('no_routes'), t('no_routes_hint'))]));
    const route = routes.find((one) => one.id === chosen);
    if (route && move) desk.map.fit(route.stops.map((stop) => stop.location).filter(Boolean));
  }

  function card(route, isChosen) {
    const message = el('p.message', { role: 'alert', hidden: true });
    return el('article.card', { dataset: { route: route.id } },
      el('div.card-head', {},
        swatch(repColor(route.rep_id)),
        el('div', {}, el('h2', {}, route.rep_name, ' ', route.is_estimate ? estimateBadge() : null), facts(route)),
        mayAdjust(route) ? el('div.actions', {}, adjustButton(route), planButton(route.rep_id, message, t('plan_again'))) : null),
      message,
      el('details.fold', { open: isChosen, ontoggle: (event) => choose(route, event.target.open) },
        el('summary', {}, t('stops_count', { count: number(route.stops.length) }), doneSoFar(route)), stopList(route, begun),
        route.stops.length ? handouts(route) : null),
      route.dropped.length ? droppedList(route) : null,
      reworks(route),
      mayAdjust(route) ? calendars(route.rep_id) : null);
  }

  function doneSoFar({ stops }) {
    const done = stops.filter((stop) => begun.get(stop.visit_id) === 'done').length;
    return done ? el('span.little.quiet', {}, ` · ${t('done_of', { done: number(done), count: number(stops.length) })}`) : null;
  }

  const mayAdjust = (route) => desk.isPlanner || route.rep_id === desk.user.id;

  function adjustButton(route) {
    return el('button.small', {
      type: 'button',
      disabled: !route.stops.length && !route.dropped.length,
      onclick: (event) => {
        const panel = adjusting(route, desk, (kept) => {
          if (!kept) {
            show();
            return;
          }
          desk.map.refresh('routes', 'visits');
          go({ route: kept.id });
          load();
        });
        event.target.closest('.card').querySelectorAll('details, .message, .actions').forEach((part) => { part.hidden = true; });
        event.target.closest('.card').append(panel);
        go({ route: route.id });
      },
    }, t('adjust'));
  }

  function choose(route, isOpen) {
    const chosen = place().route;
    if (isOpen && chosen !== route.id) go({ route: route.id });
    else if (!isOpen && chosen === route.id) go({ route: null });
  }

  function unplanned(rep) {
    const message = el('p.message', { role: 'alert', hidden: true });
    return el('article.card', {},
      el('div.card-head', {}, swatch(repColor(rep.id)),
        el('div', {}, el('h2', {}, rep.full_name), el('p.quiet.little', {}, t('no_plan'))),
        planButton(rep.id, message, t('plan_day'))),
      message);
  }

  function planButton(repId, message, label) {
    const button = el('button.small', {
      type: 'button',
      onclick: async () => {
        button.disabled = true;
        button.textContent = t('planning');
        message.hidden = true;
        try {
          const route = await request('/v1/routes/plan', { method: 'POST', body: { rep_id: repId, on_date: desk.date() } });
          desk.map.refresh('routes', 'visits');
          go({ route: route.id });
          load();
        } catch (problem) {
          showProblem(message, problem);
          button.disabled = false;
          button.textContent = label;
        }
      },
    }, label);
    return button;
  }

  return {
    arrive({ route }) {
      picker.update();
      if (loaded !== desk.date()) load();
      else for (const node of list.querySelectorAll('[data-route]')) node.querySelector('details').open = node.dataset.route === route;
      const chosen = routes.find((one) => one.id === route);
      if (chosen) desk.map.fit(chosen.stops.map((stop) => stop.location).filter(Boolean));
    },
  };
}

function facts(route) {
  const about = route.is_estimate ? '≈ ' : '';
  return el('p.facts.number', {},
    el('span', {}, el('b', {}, about + distance(route.distance_m))),
    el('span', {}, el('b', {}, about + duration((Date.parse(route.ends_at) - Date.parse(route.starts_at)) / 1000)), ` (${time(route.starts_at)}–${time(route.ends_at)})`),
    el('span.quiet', {}, t('driving', { time: about + duration(route.travel_seconds) })),
    route.choices?.order.length ? el('span.badge', {}, t('by_hand')) : provenBadge(route));
}

function provenBadge({ gap_percent: gap }) {
  if (gap === null || gap === undefined) return null;
  return el('span.badge.good', {}, gap === 0 ? t('proven') : t('gap', { gap: number(gap, 1) }));
}

/** The stops with their times; `begun` has the status of each visit that was begun. */
function stopList(route, begun) {
  const about = route.is_estimate ? '≈ ' : '';
  const items = [];
  for (const stop of route.stops) {
    items.push(el('li.stop', {},
      pin(String(stop.sequence), route.rep_id),
      el('span', {},
        el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: stop.account_id }) }, stop.name), kindBadge(stop), begun.has(stop.visit_id) ? [' ', statusBadge(begun.get(stop.visit_id))] : null, stop.is_preferred ? null : [' ', notPreferredBadge()],
        el('br'), el('span.leg', { title: effect(stop) }, `${about}${distance(stop.leg_distance_m)} · ${about}${duration(stop.leg_seconds)}`)),
      el('time', { dateTime: stop.start_at }, `${time(stop.start_at)}–${time(stop.leave_at)}`)));
    if (route.lunch && route.lunch.after_sequence === stop.sequence) items.push(lunch(route.lunch));
  }
  if (route.lunch && !route.lunch.after_sequence) items.unshift(lunch(route.lunch));
  return el('ol.stops', {}, items);
}

function pin(text, repId) {
  const node = el('span.pin', {}, text);
  node.style.background = repColor(repId);
  return node;
}

function lunch({ starts_at: startsAt, minutes }) {
  return el('li.stop', {}, el('span.pin.rest', { 'aria-hidden': 'true' }, '☕'), el('span.quiet', {}, t('lunch', { minutes })), el('time', { dateTime: startsAt }, time(startsAt)));
}

function droppedList({ dropped, stops }) {
  return el('details.fold', {},
    el('summary', {}, t('dropped_count', { count: number(dropped.length) })),
    el('ul.dropped', {}, dropped.map((one) => el('li', {},
      el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: one.account_id }) }, one.name),
      el('span.little.quiet', {}, reasonOf(one, stops))))));
}
