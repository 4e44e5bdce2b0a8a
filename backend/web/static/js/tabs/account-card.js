/** One account: who it is, its contacts, its visits. */

import { all, request } from '../api.js';
import { stageColors } from '../colors.js';
import { el, swatch } from '../dom.js';
import { dateTime, day, known, t } from '../i18n.js';
import { empty, loading, problemCard, statusBadge } from '../parts.js';
import { go } from '../place.js';
import { planVisit } from './account-plan.js';
import { visitingFacts, visitingForm } from './account-visiting.js';
import { categoryName } from './prospects.js';
import { reach } from './reach.js';
import { tradeLink } from './trade-link.js';

/** Who may change accounts; analysts read only. */
const WRITERS = ['rep', 'manager', 'agent', 'admin'];
/** Who may plan visits: planners everybody's, reps their own. */
const PLAN_VISITS = ['rep', 'manager', 'admin'];

/** Load an account into `node` and fly the map there. */
export async function accountCard(node, id, desk) {
  const back = el('button.plain', { type: 'button', onclick: () => go({ account: null }) }, `‹ ${t('back_to_list')}`);
  node.dataset.account = id;
  node.replaceChildren(back, loading());
  try {
    const section = (load, show) => load.then(show).catch((problem) => problemCard(problem, () => accountCard(node, id, desk)));
    const [account, ...sections] = await Promise.all([
      request(`/v1/accounts/${id}`),
      section(all(`/v1/accounts/${id}/contacts`), contactList),
      section(all('/v1/visits', { account_id: id }), visitList),
    ]);
    if (node.dataset.account !== id) return;
    node.replaceChildren(back, about(account, desk, () => accountCard(node, id, desk)), ...sections);
    back.focus({ preventScroll: true });
    desk.map.see({ selectedPoint: account.location });
    if (account.location) desk.map.fly(account.location);
  } catch (problem) {
    if (node.dataset.account === id) node.replaceChildren(back, problemCard(problem, () => accountCard(node, id, desk)));
  }
}

function about(account, desk, reload) {
  const color = Object.fromEntries(stageColors(desk.info.legend))[account.life_stage];
  const territory = desk.territories.find((one) => one.id === account.territory_id);
  const facts = [
    [t('category'), categoryName(account.category)],
    [t('address'), account.address],
    [t('phone'), account.phone && el('a', { href: `tel:${account.phone}` }, account.phone)],
    [t('email'), account.email && el('a', { href: `mailto:${account.email}` }, account.email)],
    [t('website'), website(account.website)],
    [t('opening_hours'), account.opening_hours],
    ...visitingFacts(account),
    [t('territory'), territory && (account.territory_is_manual ? `${territory.name} (${t('by_hand')})` : territory.name)],
    [t('tags'), account.tags.join(', ')],
    [t('last_visit'), account.last_visit_at && dateTime(account.last_visit_at)],
    [t('location'), account.location ? known(`source.${account.location_source}`) : t('no_location')],
  ].filter(([, value]) => value);
  return el('article.card', {},
    el('div.card-head', {}, swatch(color), el('div', {}, el('h2', {}, account.name), el('p.quiet.little', {}, t(`stage.${account.life_stage}`)))),
    el('dl', {}, facts.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
    WRITERS.includes(desk.user.role) ? visitingForm(account, reload) : null,
    PLAN_VISITS.includes(desk.user.role) ? planVisit(account, desk, reload) : null,
    reach(account.location, desk),
    tradeLink(account));
}

/** A link only where it is a web address: what people typed may be anything. */
function website(text) {
  if (!text) return null;
  return /^https?:\/\//i.test(text) ? el('a', { href: text, rel: 'noopener noreferrer', target: '_blank' }, text) : text;
}

function contactList(contacts) {
  const rows = contacts.map((one) => el('li', {},
    el('strong', {}, one.full_name), one.job_title ? ` · ${one.job_title}` : '',
    one.phone ? [el('br'), el('a', { href: `tel:${one.phone}` }, one.phone)] : null,
    one.email ? [el('br'), el('a', { href: `mailto:${one.email}` }, one.email)] : null));
  return el('section.card', {}, el('h3', {}, t('contacts')), rows.length ? el('ul.row-list', {}, rows) : el('p.quiet', {}, t('no_contacts')));
}

function visitList(visits) {
  const newest = [...visits].sort((a, b) => b.planned_on.localeCompare(a.planned_on)).slice(0, 20);
  const rows = newest.map((visit) => el('li', {},
    el('button.row', { type: 'button', onclick: () => go({ tab: 'visits', date: visit.planned_on, account: null }) },
      el('span'), el('span.main', {}, el('strong', {}, day(visit.planned_on)), el('span.quiet.little', {}, [visit.rep_name, visit.kind !== 'routine' && t(`kind.${visit.kind}`), visit.outcome && t(`outcome.${visit.outcome}`)].filter(Boolean).join(' · '))),
      statusBadge(visit.status))));
  return el('section.card', {}, el('h3', {}, t('tab.visits')), rows.length ? el('ul.row-list', {}, rows) : empty(t('no_visits_yet')));
}
