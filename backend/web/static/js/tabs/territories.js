/** Territories: who holds them, how many accounts lie in them; planners draw and assign. */

import { all, request } from '../api.js';
import { el, input, select, swatch } from '../dom.js';
import { fileButtons } from '../files.js';
import { number, t } from '../i18n.js';
import { empty, loading, problemCard, showProblem } from '../parts.js';
import { designsView } from './designs.js';
import { importForm } from './territory-import.js';
import { pastView } from './territory-past.js';

const COLORS = ['#1f6f5c', '#c2410c', '#6d28d9', '#0369a1', '#be185d', '#4d7c0f', '#92400e'];

export function territoriesTab(panel, desk) {
  const top = el('div');
  const list = el('div');
  let open = null;
  let inside = null;
  showList();

  function showList() {
    inside = null;
    panel.replaceChildren(top, list);
    showDrawButton();
    load();
  }

  function showDesigns() {
    desk.map.see({ territoryId: null });
    inside = designsView(panel, desk, { back: showList, published: renew });
  }

  function showPast() {
    desk.map.see({ territoryId: null });
    inside = pastView(panel, desk, { back: showList });
  }

  /** Borders and places of accounts changed: read and draw them again. */
  async function renew() {
    desk.map.refresh('territories', 'prospects');
    desk.territories = await all('/v1/territories').catch(() => desk.territories);
  }

  async function load() {
    if (!list.childElementCount) list.replaceChildren(loading());
    try {
      desk.territories = await all('/v1/territories');
      show();
    } catch (problem) {
      list.replaceChildren(problemCard(problem, load));
    }
  }

  function show() {
    const hint = desk.isPlanner ? t('no_territories_hint') : t('no_territories_mine');
    list.replaceChildren(...(desk.territories.length
      ? [el('ul.row-list', { 'aria-label': t('tab.territories') }, desk.territories.map((one) => el('li', {}, row(one)))), outlines()]
      : [empty(t('no_territories'), hint)]));
  }

  const outlines = () => fileButtons([
    { label: t('territories.download_parquet'), path: '/v1/territories/outlines.parquet', name: 'territories.parquet' }]);

  function row(territory) {
    const holders = territory.assignees.map((one) => one.full_name).join(', ');
    const isOpen = open === territory.id;
    const button = el('button.row', {
      type: 'button', 'aria-expanded': String(isOpen), 'aria-current': isOpen ? 'true' : undefined,
      onclick: () => choose(territory),
    },
    swatch(territory.color),
    el('span.main', {}, el('strong', {}, territory.name), el('span.quiet.little', {}, holders || t('nobody_assigned'))),
    el('span.end.number', {}, number(territory.account_count), el('br'), el('span.quiet.little', {}, t('accounts_unit'))));
    return isOpen && desk.isPlanner ? [button, assignForm(territory)] : button;
  }

  function choose(territory) {
    open = open === territory.id ? null : territory.id;
    desk.map.see({ territoryId: open });
    if (open && territory.area) desk.map.fit(corners(territory.area));
    show();
  }

  function assignForm(territory) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const form = el('form.card', {
      onsubmit: async (event) => {
        event.preventDefault();
        const fields = form.elements;
        if (!fields.user_id.value) return;
        try {
          await request(`/v1/territories/${territory.id}/assignments`, {
            method: 'POST', body: { user_id: fields.user_id.value, valid_from: fields.valid_from.value, valid_to: fields.valid_to.value || null },
          });
          await load();
        } catch (problem) {
          showProblem(message, problem);
        }
      },
    },
    el('div.actions', {},
      repSelect(t('assign_to')),
      input('valid_from', t('valid_from'), { type: 'date', value: desk.info.today, required: true }),
      input('valid_to', t('valid_to'), { type: 'date' }),
      el('button.primary', { type: 'submit' }, t('assign'))),
    message);
    return form;
  }

  function repSelect(label) {
    return select('user_id', label, [['', t('choose_rep')], ...desk.reps.map((rep) => [rep.id, rep.full_name])], '');
  }

  function showDrawButton(said) {
    const lookBack = desk.user.role === 'rep' ? null : el('button', { type: 'button', onclick: showPast }, t('past.open'));
    const plan = !desk.isPlanner ? [] : [
      el('button.primary', { type: 'button', onclick: draw }, t('draw_territory')),
      el('button', { type: 'button', onclick: () => top.replaceChildren(importForm({ back: showDrawButton, taken })) }, t('outlines.open')),
      el('button', { type: 'button', onclick: showDesigns }, t('design.open'))];
    const actions = [...plan, lookBack].filter(Boolean);
    top.replaceChildren(...[
      said ? el('p.message.done', { role: 'status' }, said) : null,
      actions.length ? el('div.actions', {}, actions) : null,
    ].filter(Boolean));
  }

  async function taken(count) {
    showDrawButton(t('outlines.taken', { count: number(count) }));
    desk.map.refresh('territories', 'prospects');
    await load();
  }

  async function draw() {
    top.replaceChildren(el('p.message', { role: 'status' }, t('draw_hint')));
    const drawn = await desk.map.draw(document.getElementById('draw-bar'));
    if (drawn) askName(drawn.geometry);
    else showDrawButton();
  }

  function askName(area) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const form = el('form.card', { onsubmit: (event) => save(event, form, area, message) },
      el('h2', {}, t('new_territory')),
      input('name', t('name'), { required: true, maxLength: 200, autocomplete: 'off' }),
      el('div.actions', {},
        input('color', t('color'), { type: 'color', value: COLORS[desk.territories.length % COLORS.length] }),
        repSelect(t('assign_to'))),
      message,
      el('div.actions', {},
        el('button.primary', { type: 'submit' }, t('save')),
        el('button', { type: 'button', onclick: () => showDrawButton() }, t('cancel'))));
    top.replaceChildren(form);
    form.elements.name.focus();
  }

  async function save(event, form, area, message) {
    event.preventDefault();
    const fields = form.elements;
    const name = fields.name.value.trim();
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    try {
      const made = await request('/v1/territories', { method: 'POST', body: { name, color: fields.color.value, area } });
      if (fields.user_id.value) {
        await request(`/v1/territories/${made.id}/assignments`, { method: 'POST', body: { user_id: fields.user_id.value, valid_from: desk.info.today } });
      }
      showDrawButton(t('territory_saved', { name }));
      desk.map.refresh('territories', 'prospects');
      await load();
    } catch (problem) {
      showProblem(message, problem);
      button.disabled = false;
    }
  }

  return { arrive() {}, leave() { inside?.leave(); desk.map.see({ territoryId: null }); } };
}

/** Every corner of a polygon or multipolygon. */
function corners(area) {
  return area.coordinates.flat(area.type === 'MultiPolygon' ? 2 : 1);
}
