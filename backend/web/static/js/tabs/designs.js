/** Territories designed anew: the list of designs, the wish for one, and the one that is open. */

import { all, request } from '../api.js';
import { el } from '../dom.js';
import { dateTime, t } from '../i18n.js';
import { empty, latest, loading, problemCard } from '../parts.js';
import { designCard } from './design-card.js';
import { isUnderWay, stateBadge } from './design-state.js';
import { designWish } from './design-wish.js';

const LOOK_MS = 1200;

/** `on`: {back(), published()}. Returns {leave()}. */
export function designsView(panel, desk, on) {
  const run = latest();
  const title = el('h2', { tabIndex: -1 }, t('design.title'));
  const body = el('div.panel-part');
  let isHere = true;
  let timer = null;
  let card = null;
  panel.replaceChildren(el('div.design-head', {}, el('button.plain', { type: 'button', onclick: back }, t('design.back')), title), body);
  title.focus({ preventScroll: true });
  list();

  function back() {
    leave();
    on.back();
  }

  function list() {
    close();
    body.replaceChildren(loading());
    run(() => all('/v1/territory-designs', {}, 200), (designs, problem) => {
      if (!isHere) return;
      if (problem) body.replaceChildren(problemCard(problem, list));
      else show(designs);
    });
  }

  function show(designs) {
    const wish = el('details.card.fold', { open: !designs.length }, el('summary', {}, t('design.new')), designWish(desk, (made) => open(made)));
    body.replaceChildren(wish, designs.length
      ? el('ul.row-list', { 'aria-label': t('design.list') }, designs.map((one) => el('li', {}, row(one))))
      : empty(t('design.none'), t('design.none_hint')));
  }

  function row(design) {
    return el('button.row', { type: 'button', onclick: () => open(design) },
      el('span.swatch', { 'aria-hidden': 'true' }),
      el('span.main', {}, el('strong', {}, design.name), el('span.quiet.little', {}, dateTime(design.created_at))),
      el('span.end', {}, stateBadge(design)));
  }

  function open(design) {
    close();
    if (card === null) card = designCard(desk, { list, changed: showAgain, published: on.published });
    body.replaceChildren(card.node);
    card.show(design);
    if (isUnderWay(design)) timer = setTimeout(() => watch(design.id), LOOK_MS);
  }

  function showAgain(design) {
    card?.show(design);
    clearTimeout(timer);
    if (isUnderWay(design)) timer = setTimeout(() => watch(design.id), LOOK_MS);
  }

  function watch(id) {
    run(() => request(`/v1/territory-designs/${id}`), (design, problem) => {
      if (!isHere || !card) return;
      if (problem) timer = setTimeout(() => watch(id), LOOK_MS * 3);
      else showAgain(design);
    });
  }

  function close() {
    clearTimeout(timer);
    card?.leave();
    card = null;
    desk.map.see({ overlay: null });
  }

  function leave() {
    isHere = false;
    close();
  }

  return { leave };
}
