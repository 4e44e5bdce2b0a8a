/** The weeks of reps: ask for a coverage plan, watch it grow, look at its days, accept or cancel. */

import { all, request } from '../api.js';
import { knowReps } from '../colors.js';
import { el, input, select } from '../dom.js';
import { number, t } from '../i18n.js';
import { empty, latest, loading, problemCard, showProblem } from '../parts.js';
import { shapeOf, showProgress, weekCard } from './week-card.js';

const LOOK_MS = 1500;
const WEEKS = [4, 5, 6, 8, 10, 12];
const UNDER_WAY = ['queued', 'running'];

export function weeksTab(panel, desk) {
  const list = el('div.row-list');
  const run = latest();
  const open = new Set();
  let timer = null;
  let plans = [];
  panel.append(...(desk.isPlanner ? [wish()] : []), list);

  function load() {
    clearTimeout(timer);
    run(() => all('/v1/coverage-plans'), (found, problem) => {
      if (problem) list.replaceChildren(problemCard(problem, load));
      else {
        plans = worthSeeing(found, desk.info.today);
        knowReps(plans.map((plan) => plan.rep_id));
        show();
        if (plans.some((plan) => UNDER_WAY.includes(plan.status))) timer = setTimeout(load, LOOK_MS);
      }
    });
  }

  /** Replace the cards of plans that changed; the others stay as they were folded. */
  function show() {
    const cards = new Map([...list.querySelectorAll('[data-plan]')].map((node) => [node.dataset.plan, node]));
    const accepted = new Map(plans.filter((plan) => plan.status === 'accepted').map((plan) => [plan.rep_id, plan.id]));
    const nodes = plans.map((plan) => {
      const [card, acceptedId] = [cards.get(plan.id), accepted.get(plan.rep_id) ?? null];
      if (card?.dataset.shape === shapeOf(plan, acceptedId)) {
        showProgress(card, plan);
        return card;
      }
      const fold = (isOpen) => open[isOpen ? 'add' : 'delete'](plan.id);
      return weekCard(plan, { isPlanner: desk.isPlanner, isOpen: open.has(plan.id), today: desk.info.today, acceptedId, fold, changed: load });
    });
    list.replaceChildren(...(nodes.length ? nodes : [empty(t('weeks.none'), t('weeks.none_hint'))]));
  }

  function wish() {
    const message = el('p.message', { role: 'alert', hidden: true });
    const reps = [['', t('weeks.every_rep')], ...desk.reps.map((rep) => [rep.id, rep.full_name])];
    const form = el('form.card', { onsubmit: (event) => ask(event, form, message) },
      select('rep', t('weeks.whose'), reps, ''),
      el('div.actions', {},
        input('from', t('weeks.from'), { type: 'date', value: nextMonday(desk.info.today), required: true }),
        select('weeks', t('weeks.how_many'), WEEKS.map((count) => [String(count), number(count)]), '4')),
      message,
      el('div', {}, el('button.primary', { type: 'submit' }, t('weeks.plan'))));
    return form;
  }

  async function ask(event, form, message) {
    event.preventDefault();
    const { rep, from, weeks } = form.elements;
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    message.hidden = true;
    try {
      const made = await request('/v1/coverage-plans', {
        method: 'POST',
        body: { rep_ids: rep.value ? [rep.value] : desk.reps.map((one) => one.id), from_on: from.value, weeks: Number(weeks.value) },
      });
      for (const plan of made) open.add(plan.id);
      load();
    } catch (problem) {
      showProblem(message, problem);
    } finally {
      button.disabled = false;
    }
  }

  list.replaceChildren(loading());
  load();
  return { arrive() {}, leave() { clearTimeout(timer); } };
}

/** The newest plan of each rep, and those accepted that are not over. */
function worthSeeing(plans, today) {
  const seen = new Set();
  return plans.filter((plan) => {
    const isNewest = !seen.has(plan.rep_id);
    seen.add(plan.rep_id);
    return isNewest || (plan.status === 'accepted' && plan.last_on >= today);
  });
}

function nextMonday(today) {
  const next = new Date(`${today}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 7 - ((next.getUTCDay() + 6) % 7));
  return next.toISOString().slice(0, 10);
}
