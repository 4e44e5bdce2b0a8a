/** Saved views: a list that opens them, and a form that keeps how the map is looked at now. */

import { all, request } from './api.js';
import { el } from './dom.js';
import { t } from './i18n.js';
import { showProblem } from './parts.js';
import { filtersOf, queryOf, setView, view } from './view.js';

export function savedViews(desk) {
  const list = el('ul.saved-views', { 'aria-label': t('views.title') });
  const message = el('p.message', { role: 'alert', hidden: true });
  const name = el('input', { name: 'view_name', required: true, maxLength: 200, placeholder: t('views.name'), 'aria-label': t('views.name'), autocomplete: 'off' });
  const shared = el('input', { type: 'checkbox', name: 'is_shared' });
  const form = el('form', { onsubmit: (event) => { event.preventDefault(); save(); } },
    el('div.actions', {}, name, el('button.small', { type: 'submit' }, t('views.save'))),
    el('label.check', {}, shared, el('span', {}, t('views.share'))));
  const node = el('details.fold', { ontoggle: () => { if (node.open) load(); } },
    el('summary', {}, t('views.title')), list, form, message);

  async function attempt(action) {
    message.hidden = true;
    try {
      await action();
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  const load = () => attempt(async () => {
    const found = await all('/v1/views');
    list.replaceChildren(...(found.length ? found.map(item) : [el('li.little.quiet', {}, t('views.none'))]));
  });

  function item(one) {
    const isOwn = one.owner_id === desk.user.id;
    return el('li', {},
      el('button.row', { type: 'button', onclick: () => show(one.view) },
        el('span.main', {}, el('strong', {}, one.name),
          el('span.quiet.little', {}, isOwn ? (one.is_shared ? t('views.shared') : t('views.own')) : one.owner_name))),
      isOwn ? el('button.small', { type: 'button', 'aria-label': t('views.delete', { name: one.name }), onclick: () => remove(one) }, '×') : null);
  }

  function show(kept) {
    setView({ ...kept, filter: queryOf(kept.filters) });
    if (kept.shown) {
      desk.map.see({ shown: Object.fromEntries(Object.keys(desk.map.shown()).map((layer) => [layer, kept.shown.includes(layer)])) });
    }
    if (kept.center && kept.zoom !== null) desk.map.jump(kept.center, kept.zoom);
  }

  const save = () => attempt(async () => {
    const { mode, colour_by, size_by, shape_by, measure } = view();
    await request('/v1/views', { method: 'POST', body: {
      name: name.value.trim(), is_shared: shared.checked,
      view: {
        mode, colour_by, size_by, shape_by, measure, filters: filtersOf(), center: desk.map.middle(), zoom: desk.map.zoom(),
        shown: Object.entries(desk.map.shown()).filter(([, isShown]) => isShown).map(([layer]) => layer),
      },
    } });
    form.reset();
    await load();
  });

  const remove = (one) => attempt(async () => {
    await request(`/v1/views/${one.id}`, { method: 'DELETE', version: one.rv });
    await load();
  });

  return node;
}
