/** A planner takes a context layer away: a list of what there is, each asked about before it goes. */

import { request } from './api.js';
import { el } from './dom.js';
import { number, t } from './i18n.js';
import { layersChanged } from './layers.js';
import { showProblem } from './parts.js';
import { go, place } from './place.js';

/** Returns {node, show(layers)}; without layers there is nothing to see. */
export function groundDelete() {
  const list = el('ul.ground-layers', { 'aria-label': t('ground.layers') });
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('p.little', { role: 'status' });
  const summary = el('summary', {}, t('ground.layers'));
  const fold = el('details.fold', {}, summary, list, message);
  // What is told stays when the last layer is gone, and the fold with it.
  const node = el('div', {}, fold, told);

  function item(layer) {
    const button = el('button.small', { type: 'button', 'aria-label': t('ground.delete', { name: layer.name }), onclick: () => remove(layer, button) }, '×');
    return el('li', {}, el('span.main', {}, el('strong', {}, layer.name),
      el('span.quiet.little', {}, t('ground.layer_facts', { source: layer.source, vintage: layer.vintage, cells: number(layer.cells) }))), button);
  }

  async function remove(layer, button) {
    if (!confirm(t(`ground.delete_sure.${layer.kind}`, { name: layer.name, cells: number(layer.cells) }))) return;
    message.hidden = true;
    button.disabled = true;
    try {
      await request(`/v1/context/layers/${layer.id}`, { method: 'DELETE' });
    } catch (problem) {
      button.disabled = false;
      // Somebody else was quicker: it is gone all the same.
      if (problem.status !== 404) {
        showProblem(message, problem);
        return;
      }
    }
    if (place().ground?.startsWith(`${layer.id}:`)) go({ ground: null }, { replace: true });
    await layersChanged();
    told.textContent = t('ground.deleted', { name: layer.name });
    if (!fold.hidden) summary.focus();
  }

  return {
    node,
    show(layers) {
      fold.hidden = !layers.length;
      list.replaceChildren(...layers.map(item));
    },
  };
}
