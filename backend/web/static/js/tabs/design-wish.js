/** What a new design is asked with: territories, what is to be even, and each territory's rules. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { number, t } from '../i18n.js';
import { showProblem } from '../parts.js';

const KINDS = ['work', 'accounts', 'prospects', 'visits', 'potential', 'revenue'];
const WEIGHTS = ['0', '0.5', '1', '2', '4'];
const PERCENT = 100;
const MOST_FOUND = 5;

/** A form; `made` is called with the design that the service begins. */
export function designWish(desk, made) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const chosen = new Map(desk.territories.filter((one) => one.account_count > 0).map((one) => [one.id, newRules()]));
  const territories = el('div.design-territories');
  const rules = el('div.panel-part');
  const count = el('p.little.quiet', { role: 'status' });
  const form = el('form.panel-part', { onsubmit: ask },
    input('name', t('name'), { required: true, maxLength: 200, autocomplete: 'off', value: t('design.name_of', { day: desk.info.today }) }),
    el('fieldset', {}, el('legend', {}, t('design.territories')), territories, count, addTerritory()),
    el('fieldset', {}, el('legend', {}, t('design.measures')), el('p.little.quiet', {}, t('design.measures_hint')),
      el('div.filters', {}, KINDS.map((kind) => select(`weight-${kind}`, t(`design.measure.${kind}`),
        WEIGHTS.map((one) => [one, one === '0' ? t('design.weight.none') : t('design.weight', { weight: number(Number(one), 1) })]), kind === 'work' ? '1' : '0'))),
      input('tolerance', t('design.tolerance'), { type: 'number', min: '0.5', max: '50', step: '0.5', value: '3', required: true })),
    el('details.fold', {}, el('summary', {}, t('design.rules')), el('p.little.quiet', {}, t('design.rules_hint')), rules),
    message,
    el('div', {}, el('button.primary', { type: 'submit' }, t('design.start'))));
  showTerritories();
  return form;

  function showTerritories() {
    territories.replaceChildren(...desk.territories.map((one) => el('label.check', {},
      el('input', { type: 'checkbox', name: 'territory', value: one.id, checked: chosen.has(one.id), onchange: (event) => choose(one.id, event.target.checked) }),
      el('span', {}, `${one.name} · ${number(one.account_count)}`))));
    showRules();
  }

  function choose(id, isChosen) {
    if (isChosen) chosen.set(id, newRules());
    else chosen.delete(id);
    showRules();
  }

  function showRules() {
    const mine = desk.territories.filter((one) => chosen.has(one.id));
    const accounts = mine.reduce((sum, one) => sum + one.account_count, 0);
    count.textContent = t('design.chosen', { territories: number(mine.length), accounts: number(accounts) });
    rules.replaceChildren(...mine.map((one) => ruleFields(one, chosen.get(one.id))));
  }

  /** A new rep needs a territory: an empty one that the design fills. */
  function addTerritory() {
    const field = el('input', { name: 'new-territory', maxLength: 200, autocomplete: 'off' });
    const button = el('button', { type: 'button', onclick: async () => {
      if (!field.value.trim()) return field.focus();
      button.disabled = true;
      message.hidden = true;
      try {
        const territory = await request('/v1/territories', { method: 'POST', body: { name: field.value.trim() } });
        desk.territories.push(territory);
        chosen.set(territory.id, newRules());
        field.value = '';
        showTerritories();
      } catch (problem) {
        showProblem(message, problem);
      } finally {
        button.disabled = false;
      }
    } }, t('design.add_territory'));
    return el('div.actions', {}, el('label', {}, el('span', {}, t('design.new_territory')), field), button);
  }

  function ruleFields(territory, mine) {
    const change = (name) => (event) => { mine[name] = event.target.value; };
    const home = homeOf(desk, territory);
    return el('fieldset', {}, el('legend', {}, territory.name),
      el('div.filters', {},
        input(`share-${territory.id}`, t('design.share'), { type: 'number', min: '5', max: '2000', step: '5', value: mine.share, oninput: change('share') }),
        input(`most-${territory.id}`, t('design.most'), { type: 'number', min: '0', step: '1', value: mine.most, oninput: change('most') })),
      home && el('label.check', {}, el('input', { type: 'checkbox', checked: mine.hasHome, onchange: (event) => { mine.hasHome = event.target.checked; } }), el('span', {}, t('design.home'))),
      locks(territory, mine));
  }

  /** Look for accounts of a territory that must stay in it. */
  function locks(territory, mine) {
    const kept = el('ul.row-list', { 'aria-label': t('design.locked') });
    const found = el('div.actions', { role: 'group', 'aria-live': 'polite' });
    const field = el('input', { type: 'search', autocomplete: 'off', onkeydown: (event) => {
      if (event.key === 'Enter') { event.preventDefault(); look(); }
    } });
    const show = () => kept.replaceChildren(...[...mine.locked].map(([id, name]) => el('li', {},
      el('span', {}, name), ' ', el('button.small', { type: 'button', onclick: () => { mine.locked.delete(id); show(); } }, t('design.unlock')))));
    async function look() {
      try {
        const { items } = await request('/v1/accounts', { query: { q: field.value.trim(), territory_id: territory.id, limit: MOST_FOUND } });
        found.replaceChildren(...(items.length ? items.map((one) => el('button.small', { type: 'button', onclick: () => { mine.locked.set(one.id, one.name); show(); } }, one.name)) : [el('span.quiet.little', {}, t('design.nothing_found'))]));
      } catch (problem) {
        showProblem(message, problem);
      }
    }
    show();
    return [kept, el('div.actions', {}, el('label', {}, el('span', {}, t('design.lock')), field), el('button', { type: 'button', onclick: look }, t('design.look'))), found];
  }

  async function ask(event) {
    event.preventDefault();
    const fields = form.elements;
    const measures = KINDS.map((kind) => ({ kind, weight: Number(fields[`weight-${kind}`].value), tolerance: Number(fields.tolerance.value) / PERCENT }))
      .filter((one) => one.weight > 0).sort((a, b) => b.weight - a.weight);
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    message.hidden = true;
    try {
      made(await request('/v1/territory-designs', { method: 'POST', body: {
        name: fields.name.value.trim(), measures,
        territories: [...chosen].map(([id, mine]) => wishOf(desk, id, mine)),
      } }));
    } catch (problem) {
      showProblem(message, problem);
    } finally {
      button.disabled = false;
    }
  }
}

const newRules = () => ({ share: '100', most: '', hasHome: false, locked: new Map() });

/** The home of who holds a territory, where one is known. */
function homeOf(desk, territory) {
  const homes = territory.assignees.map((one) => desk.reps.find((rep) => rep.id === one.user_id)?.home_location);
  return homes.find(Boolean) ?? null;
}

function wishOf(desk, id, { share, most, hasHome, locked }) {
  return {
    territory_id: id, share: Number(share) / PERCENT, locked_account_ids: [...locked.keys()],
    home: hasHome ? homeOf(desk, desk.territories.find((one) => one.id === id)) : null,
    limits: most === '' ? [] : [{ kind: 'accounts', most: Number(most) }],
  };
}
