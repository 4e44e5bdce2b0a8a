/** The weeks of reps: ask for a coverage plan, watch it grow, look at its days, accept or cancel. */

import { all, request } from '../api.js';
import { knowReps } from '../colors.js';
import { el, input, select } from '../dom.js';
import { known, number, t } from '../i18n.js';
import { empty, latest, loading, problemCard, showProblem } from '../parts.js';
import { shapeOf, showProgress, weekCard } from './week-card.js';

const LOOK_MS = 1500;
const WEEKS = [4, 5, 6, 8, 10, 12];
const UNDER_WAY = ['queued', 'running'];
/** So many reps one request takes. */
const GROUP = 50;

export function weeksTab(panel, desk) {
  const list = el('div.row-list');
  const run = latest();
  const open = new Set();
  let isHere = true;
  let timer = null;
  let plans = [];
  panel.append(...(desk.isPlanner ? [wish()] : []), list);

  /** Show what `read` finds by `take`, unless the person has left meanwhile. */
  function look(read, take) {
    clearTimeout(timer);
    if (!isHere) return;
    run(read, (found, problem) => {
      if (!isHere) return;
      if (problem) list.replaceChildren(problemCard(problem, load));
      else take(found);
    });
  }

  function load() {
    look(() => all('/v1/coverage-plans'), (found) => {
      plans = worthSeeing(found, desk.info.today);
      knowReps(plans.map((plan) => plan.rep_id));
      show();
    });
  }

  /** Ask for the plans under way alone; all are read again when one of them has ended or begun. */
  function watch() {
    const status = UNDER_WAY.map((one) => `status=${one}`).join('&');
    look(() => all(`/v1/coverage-plans?${status}`), (found) => {
      const now = new Map(found.map((plan) => [plan.id, plan]));
      const known = plans.filter(isUnderWay);
      if (known.length !== now.size || known.some((plan) => !now.has(plan.id))) load();
      else {
        plans = plans.map((plan) => now.get(plan.id) ?? plan);
        show();
      }
    });
  }

  /** Replace the cards of plans that changed; the others stay as they were folded. */
  function show() {
    const cards = new Map([...list.querySelectorAll('[data-plan]')].map((node) => [node.dataset.plan, node]));
    // The newest comes first in the list and last here, so that it is the one that stays.
    const accepted = new Map(plans.filter((plan) => plan.status === 'accepted').map((plan) => [plan.rep_id, plan.id]).reverse());
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
    if (plans.some(isUnderWay)) timer = setTimeout(watch, LOOK_MS);
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
    const reps = rep.value ? [rep.value] : desk.reps.map((one) => one.id);
    const leftOut = [];
    let refusal = null;
    for (let at = 0; at < reps.length; at += GROUP) {
      try {
        const told = await request('/v1/coverage-plans', {
          method: 'POST',
          body: { rep_ids: reps.slice(at, at + GROUP), from_on: from.value, weeks: Number(weeks.value) },
        });
        for (const plan of told.plans) open.add(plan.id);
        leftOut.push(...told.left_out);
      } catch (problem) {
        refusal ??= problem;
      }
    }
    if (refusal) showProblem(message, refusal);
    else if (leftOut.length) showLeftOut(message, leftOut);
    button.disabled = false;
    load();
  }

  list.replaceChildren(loading());
  load();
  return { arrive() {}, leave() { isHere = false; clearTimeout(timer); } };
}

const isUnderWay = (plan) => UNDER_WAY.includes(plan.status);

/** Name who was asked for and is not planned, each with the reason. */
function showLeftOut(message, leftOut) {
  message.classList.remove('error');
  message.replaceChildren(el('span', {}, t('weeks.left_out', { count: number(leftOut.length) })),
    ...leftOut.map((one) => el('span.little', {}, el('br'), `${one.rep_name}: ${known(`problem.${one.code}`) ?? one.detail}`)));
  message.hidden = false;
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
