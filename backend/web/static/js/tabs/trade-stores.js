/** The stores that share: accounts found by name or pointed at, places of the map; each with a name and how it attracts. */

import { request } from '../api.js';
import { debounce, el } from '../dom.js';
import { t } from '../i18n.js';
import { latest, showProblem } from '../parts.js';
import { inkOn, storeColor } from './trade-looks.js';
import { isWeight, makeStore, MOST_STORES, placeName } from './trade-state.js';

const FOUND = 8;

/**
 * `state()` is the question, `change(stores)` puts others in place of its stores, `named()` hears that more is known of them.
 * Returns {node, show(), refuse(at, words), accept(), nameOf(store, at), placeOf(store), ready(), leave()};
 * `ready` resolves when every store's name is known.
 */
export function storesPart(desk, state, { change, named }) {
  const run = latest();
  const accounts = new Map();
  const gone = new Map();
  const asking = new Map();
  const list = el('ol.stores', { 'aria-label': t('trade.stores') });
  const heads = el('div.store-heads.little.quiet', { 'aria-hidden': 'true' }, el('span', {}, t('trade.name')), el('span', {}, t('trade.weight')));
  const status = el('p.little.quiet', { role: 'status' });
  const found = el('ul.row-list', { 'aria-label': t('trade.found') });
  const message = el('p.message', { role: 'alert', hidden: true });
  const search = el('input', { type: 'search', name: 'store', placeholder: t('search_accounts'), maxLength: 200, autocomplete: 'off',
    oninput: debounce(() => look(search.value.trim()), 250) });
  const onMap = el('button', { type: 'button', onclick: pick }, t('trade.on_map'));
  const hint = el('p.little.quiet', {}, t('trade.weight_hint'));
  const node = el('div.panel-part', {}, heads, list, hint,
    el('label', {}, el('span', {}, t('trade.add')), search), found, message,
    el('div.actions', {}, onMap), status);
  let stop = null;

  const nameOf = (one, index) => one.name || (one.account ? accounts.get(one.account)?.name ?? '' : placeName(one, index));
  const placeOf = (one) => one.at ?? accounts.get(one.account)?.location ?? null;

  function show() {
    heads.hidden = !state().stores.length;
    hint.hidden = heads.hidden;
    list.replaceChildren(...state().stores.map(item));
    state().stores.forEach((one, index) => { if (gone.has(one.account)) refuse(index, gone.get(one.account)); });
    for (const one of state().stores) if (one.account && !accounts.has(one.account)) asking.set(one.account, know(one.account));
  }

  /** Ask who an account of a link is; one that is gone or not to be seen stays without a name. */
  async function know(id) {
    accounts.set(id, null);
    try {
      accounts.set(id, await request(`/v1/accounts/${id}`));
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      gone.set(id, problem.message);
      show();
      return;
    }
    named();
    state().stores.forEach((one, index) => {
      const field = list.children[index]?.querySelector('input[name=store_name]');
      if (one.account === id && field && !field.value) field.value = nameOf(one, index);
    });
  }

  function item(one, index) {
    const number = index + 1;
    const put = (changes) => change(state().stores.map((other, at) => (at === index ? { ...other, ...changes } : other)));
    const color = storeColor(desk.info, index);
    const badge = el('button.store-number', { type: 'button', 'aria-label': t('trade.fly', { number }), onclick: () => {
      const at = placeOf(one);
      if (at) desk.map.fly(at);
    } }, String(number));
    badge.style.background = color;
    badge.style.color = inkOn(color);
    const name = el('input', { name: 'store_name', 'aria-label': t('trade.name_of', { number }), maxLength: 200, autocomplete: 'off', value: nameOf(one, index),
      onchange: () => put({ name: name.value.trim() === nameOf({ ...one, name: '' }, index) ? '' : name.value.trim() }) });
    const weight = el('input', { name: 'store_weight', type: 'number', min: '0.01', max: '1000000000', step: 'any', required: true, 'aria-label': t('trade.weight_of', { number }), value: String(one.weight),
      onchange: () => {
        const value = weight.valueAsNumber;
        weight.setAttribute('aria-invalid', String(!isWeight(value)));
        list.children[index].querySelector('.message').hidden = true;
        if (isWeight(value)) put({ weight: value });
        else refuse(index, t('trade.weight_bad'));
      } });
    const planned = el('input', { type: 'checkbox', name: 'store_planned', checked: one.isPlanned, onchange: () => {
      put({ isPlanned: planned.checked });
      show();
      list.children[index]?.querySelector('input[name=store_planned]')?.focus();
    } });
    return el('li.store', {}, badge, name, weight,
      el('button.small', { type: 'button', 'aria-label': t('trade.remove', { number, name: nameOf(one, index) }), onclick: () => remove(index) }, '×'),
      one.account ? null : el('label.check', {}, planned, el('span', {}, t('trade.is_planned'))),
      el('p.message.error.little', { hidden: true, role: 'alert' }));
  }

  function remove(index) {
    change(state().stores.filter((_, at) => at !== index));
    show();
    (list.children[Math.min(index, list.children.length - 1)]?.querySelector('button.small') ?? search).focus();
    status.textContent = t('trade.removed');
  }

  /** Add a store; returns words for it. */
  function add(store, name) {
    const { stores } = state();
    if (store.account && stores.some((one) => one.account === store.account)) return t('trade.there_already', { name });
    if (stores.length >= MOST_STORES) return t('trade.too_many', { most: MOST_STORES });
    change([...stores, store]);
    show();
    const words = t('trade.added', { name: name || nameOf(store, stores.length), number: stores.length + 1 });
    status.textContent = words;
    return words;
  }

  async function look(text) {
    if (!text) {
      run(() => Promise.resolve({ items: [] }), () => found.replaceChildren());
      return;
    }
    run(() => request('/v1/accounts', { query: { q: text, limit: FOUND } }), (page, problem) => {
      message.hidden = true;
      if (problem) showProblem(message, problem);
      found.replaceChildren(...(page?.items ?? []).map((one) => el('li', {}, el('button.row', { type: 'button', onclick: () => {
        accounts.set(one.id, one);
        status.textContent = add(makeStore({ account: one.id }), one.name);
        search.value = '';
        found.replaceChildren();
        search.focus();
      } }, el('span', { 'aria-hidden': 'true' }, '+'), el('span.main', {}, el('strong', {}, one.name), el('span.quiet.little', {}, one.address ?? t(`stage.${one.life_stage}`))),
      el('span.end.quiet.little', {}, one.location ? '' : t('trade.no_place'))))));
      if (page) status.textContent = page.items.length ? t('trade.found_count', { count: page.items.length }) : t('no_accounts');
    });
  }

  function pick() {
    onMap.disabled = true;
    desk.map.see({ emphasis: 'prospects', shown: { ...desk.map.shown(), prospects: true } });
    stop = desk.map.pickStores(document.getElementById('draw-bar'), take, () => {
      stop = null;
      onMap.disabled = false;
      desk.map.see({ emphasis: 'analysis' });
      onMap.focus();
    });
  }

  async function take({ account, at }) {
    if (!account) return add(makeStore({ at, isPlanned: true }));
    try {
      if (!accounts.get(account)) accounts.set(account, await request(`/v1/accounts/${account}`));
      return add(makeStore({ account }), accounts.get(account).name);
    } catch (problem) {
      return problem.message;
    }
  }

  /** Say at a store what is wrong with it. */
  function refuse(index, words) {
    const place = list.children[index]?.querySelector('.message');
    if (!place) return false;
    place.textContent = words;
    place.hidden = false;
    return true;
  }

  function accept() {
    for (const one of list.querySelectorAll('.message')) one.hidden = true;
  }

  return { node, show, refuse, accept, nameOf, placeOf, ready: () => Promise.allSettled(asking.values()), leave() { stop?.(); } };
}
