/** A doubtful pin: why, the evidence, and what a person says of it. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { dateTime, distance, number, t } from '../i18n.js';
import { showProblem } from '../parts.js';
import { go } from '../place.js';

const WRITERS = ['rep', 'manager', 'agent', 'admin'];

/** `on`: {back(), answered(words)}. */
export function doubtCard(doubt, desk, on) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const buttons = WRITERS.includes(desk.user.role) ? answers() : [];
  return el('article.card.quality', {},
    el('div.card-head', {}, el('div', {}, el('h2', { tabIndex: -1 }, doubt.account_name), el('p.quiet.little', {}, doubt.address ?? ''))),
    el('p', {}, el('strong', {}, t(`quality.reason.${doubt.reason}`))),
    ...why(doubt),
    doubt.suggested ? el('p.little', {}, t('quality.confidence', { radius: distance(doubt.radius_m) })) : el('p.little', {}, t('quality.no_suggestion')),
    evidence(doubt.evidence.sightings ?? []),
    el('div.actions', {}, buttons),
    message,
    el('div.actions', {},
      el('button.plain', { type: 'button', onclick: on.back }, t('quality.back')),
      el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: doubt.account_id }) }, t('quality.open_account'))));

  function answers() {
    const button = (words, action, isFirst = false) => el(isFirst ? 'button.primary' : 'button', { type: 'button', onclick: action }, words);
    return [
      doubt.suggested ? button(t('quality.approve'), () => say({ kind: 'approve' }), true) : null,
      button(t('quality.move'), byHand),
      button(t('quality.right'), () => say({ kind: 'right' })),
      doubt.reason === 'crowded_spot' ? button(t('quality.right_spot'), () => say({ kind: 'right', is_whole_spot: true })) : null,
    ].filter(Boolean);
  }

  async function byHand() {
    const location = await desk.map.pick(document.getElementById('draw-bar'));
    if (location) await say({ kind: 'move', location });
  }

  async function say(body) {
    for (const one of buttons) one.disabled = true;
    message.hidden = true;
    try {
      const told = await request(`/v1/pins/${doubt.id}/answer`, { method: 'POST', body });
      const key = told.length > 1 ? 'spot' : body.kind;
      on.answered(t(`quality.done.${key}`, { name: doubt.account_name, distance: distance(told[0].moved_m), count: number(told.length) }));
    } catch (problem) {
      showProblem(message, problem);
      for (const one of buttons) one.disabled = false;
    }
  }
}

function why({ reason, evidence: told, distance_m: off }) {
  const words = t(`quality.why.${reason}`, {
    agreeing: told.agreeing, all: told.sightings?.length, people: told.people, days: told.days,
    accounts: number(told.accounts ?? 0), addresses: number(told.addresses ?? 0), unit: told.unit_name, distance: distance(off),
  });
  return [el('p', {}, words), told.is_geocoded ? el('p', {}, t('quality.why.geocoded')) : null].filter(Boolean);
}

function evidence(sightings) {
  if (!sightings.length) return null;
  return el('section', {}, el('h3', {}, t('quality.evidence', { count: number(sightings.length) })),
    el('ul.sightings', { 'aria-label': t('quality.evidence', { count: number(sightings.length) }) }, sightings.map((one) => el('li', {},
      el('span', {}, dateTime(one.captured_at)),
      el('span.quiet.number', {}, t('quality.sighting', { accuracy: distance(one.accuracy_m) })),
      el(`span.badge.${one.agrees ? 'good' : 'warn'}`, {}, t(one.agrees ? 'quality.agrees' : 'quality.differs'))))));
}
