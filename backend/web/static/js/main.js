/** The page: sign in, then the map with its lists. */

import { all, request, resume, signIn, signOut, whenSignedOut } from './api.js';
import { knowReps } from './colors.js';
import { el } from './dom.js';
import { otherLanguage, setTimeZone, t, useLanguage } from './i18n.js';
import { showLegend } from './legend.js';
import { createMap } from './map/map.js';
import { go, place, TABS, whenMoved } from './place.js';
import { showProblem } from './parts.js';
import { printMap } from './print.js';
import { analysisTab } from './tabs/analysis.js';
import { areasTab } from './tabs/areas.js';
import { prospectsTab } from './tabs/prospects.js';
import { qualityTab } from './tabs/quality.js';
import { resultsTab } from './tabs/results.js';
import { routesTab } from './tabs/routes.js';
import { territoriesTab } from './tabs/territories.js';
import { visitsTab } from './tabs/visits.js';
import { weeksTab } from './tabs/weeks.js';

const PLANNERS = ['manager', 'admin'];
const MAKE = {
  prospects: prospectsTab, territories: territoriesTab, areas: areasTab, analysis: analysisTab, routes: routesTab, weeks: weeksTab,
  visits: visitsTab, results: resultsTab, quality: qualityTab,
};
const at = (id) => document.getElementById(id);

await useLanguage(null);
whenSignedOut(() => location.reload());
const user = await resume();
if (user) await open(user);
else showSignIn();

function showSignIn() {
  const screen = at('sign-in');
  const form = screen.querySelector('form');
  const message = form.querySelector('.message');
  screen.hidden = false;
  form.elements.email.focus();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    message.hidden = true;
    if (!form.elements.email.value.trim() || !form.elements.password.value) {
      message.textContent = t('sign_in_incomplete');
      message.hidden = false;
      return;
    }
    button.disabled = true;
    try {
      const signedIn = await signIn(form.elements.email.value.trim(), form.elements.password.value);
      screen.hidden = true;
      form.reset();
      await open(signedIn);
    } catch (problem) {
      showProblem(message, problem);
      screen.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

async function open(person) {
  await useLanguage(person.locale);
  const info = await request('/v1/maps/style-info');
  setTimeZone(info.time_zone);
  const isPlanner = PLANNERS.includes(person.role);
  // The map comes even when one of these lists does not: its tab then says what is wrong.
  const [territories, people] = await Promise.all([
    all('/v1/territories').catch(() => []), isPlanner ? all('/v1/users').catch(() => []) : [],
  ]);
  const desk = {
    user: person, info, isPlanner, territories,
    reps: people.filter((one) => one.role === 'rep' && one.is_active),
    date: () => place().date ?? info.today,
  };
  knowReps(desk.reps.map((rep) => rep.id));
  at('who').textContent = `${person.full_name} · ${person.org_name}`;
  at('language').textContent = otherLanguage().toUpperCase();
  at('language').onclick = () => useLanguage(otherLanguage(), { keep: true }).then(() => location.reload());
  at('sign-out').onclick = () => signOut();
  at('desk').hidden = false;
  desk.map = createMap(at('map'), info, desk.date(), {
    account: (id) => go({ tab: 'prospects', account: id }),
    message: (text) => { at('map-message').textContent = text ?? ''; at('map-message').hidden = !text; },
  });
  showLegend(at('legend'), desk);
  printMap(at('map'), at('legend'), at('panel'));
  startTabs(desk);
}

function startTabs(desk) {
  const panel = at('panel');
  let current = null;
  let leave = () => {};
  const buttons = TABS.map((name) => el('button', {
    type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel',
    onclick: () => go({ tab: name, account: null }),
  }, t(`tab.${name}`)));
  at('tabs').replaceChildren(...buttons);
  at('tabs').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (TABS.indexOf(place().tab) + step + TABS.length) % TABS.length;
    go({ tab: TABS[next], account: null });
    buttons[next].focus();
  });
  const arrive = () => {
    const where = place();
    TABS.forEach((name, index) => {
      buttons[index].setAttribute('aria-selected', String(name === where.tab));
      buttons[index].tabIndex = name === where.tab ? 0 : -1;
    });
    desk.map.see({ date: desk.date(), emphasis: where.tab, routeId: where.tab === 'routes' ? where.route : null });
    if (current?.name !== where.tab) {
      leave();
      panel.setAttribute('aria-labelledby', `tab-${where.tab}`);
      panel.replaceChildren();
      current = { name: where.tab, ...MAKE[where.tab](panel, desk) };
      leave = current.leave ?? (() => {});
    }
    current.arrive(where);
  };
  whenMoved(arrive);
  arrive();
}
