/** How even each scenario is against how much it moves, as a curve; the list beside it says the same. */

import UPlot from 'uplot';
import { whenThemeChanges } from '../colors.js';
import { el } from '../dom.js';
import { number, t } from '../i18n.js';

const HEIGHT = 210;
const PERCENT = 100;
const POINT = 6;
const percent = (value) => `${number(value, 0)} %`;

/** `scenarios` as the service tells them; `choose(name)` is called for the point that is clicked. */
export function designCurve(scenarios, choose) {
  const points = [...scenarios].sort((a, b) => a.moved[0] - b.moved[0]);
  const node = el('div.design-curve', { role: 'img', 'aria-label': t('design.curve_label', {
    points: points.map((one) => t('design.curve_point', {
      name: t(`design.scenario.${one.name}`), moved: percent(one.moved[0] * PERCENT), deviation: percent(one.deviation * PERCENT),
    })).join('; '),
  }) });
  let chosen = null;
  let plot = null;
  // The panel's width is known once it is shown, and changes with the window.
  const watcher = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (!width) return;
    if (plot) plot.setSize({ width, height: HEIGHT });
    else draw(width);
  });
  watcher.observe(node);
  whenThemeChanges(() => { if (plot) draw(plot.width); });

  function draw(width) {
    plot?.destroy();
    const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = (label, side) => ({
      label, side, stroke: color('--quiet'), labelFont: '12px system-ui, sans-serif', font: '12px system-ui, sans-serif', labelSize: 18,
      grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, values: (_, splits) => splits.map(percent),
    });
    plot = new UPlot({
      width, height: HEIGHT, legend: { show: false }, padding: [18, 34, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { show: false }, x: false, y: false },
      scales: { x: { time: false, range: (_, low, high) => spread(low, high) }, y: { range: (_, low, high) => spread(low, high) } },
      axes: [axis(t('design.axis_moved'), 2), { ...axis(t('design.axis_deviation'), 3), size: 52 }],
      series: [{}, { stroke: color('--brand'), width: 2, points: { show: false } }],
      hooks: { draw: [(u) => mark(u, color)] },
    }, [points.map((one) => one.moved[0] * PERCENT), points.map((one) => one.deviation * PERCENT)], node);
    plot.over.addEventListener('click', () => {
      const one = points[plot.cursor.idx];
      if (one) choose(one.name);
    });
  }

  /** Draw the points and their names; the chosen one is bigger. */
  function mark(u, color) {
    const { ctx } = u;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.font = `${12 * scale}px system-ui, sans-serif`;
    points.forEach((one, index) => {
      const x = u.valToPos(u.data[0][index], 'x', true);
      const y = u.valToPos(u.data[1][index], 'y', true);
      const isChosen = one.name === chosen;
      ctx.beginPath();
      ctx.arc(x, y, (isChosen ? POINT + 3 : POINT) * scale, 0, 2 * Math.PI);
      ctx.fillStyle = isChosen ? color('--brand') : color('--card');
      ctx.strokeStyle = color('--brand');
      ctx.lineWidth = 2 * scale;
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = color('--ink');
      ctx.textAlign = 'center';
      if (isChosen || !crowded(u, index)) ctx.fillText(t(`design.scenario.${one.name}`), x, y - (POINT + 8) * scale);
    });
    ctx.restore();
  }

  /** Whether the name of a point would stand on that of the one before. */
  function crowded(u, index) {
    if (!index) return false;
    const [x, y] = [0, 1].map((axis) => u.valToPos(u.data[axis][index], axis ? 'y' : 'x') - u.valToPos(u.data[axis][index - 1], axis ? 'y' : 'x'));
    return Math.abs(x) < 60 && Math.abs(y) < 16;
  }

  return {
    node,
    choose(name) { chosen = name; plot?.redraw(); },
    leave() { watcher.disconnect(); plot?.destroy(); plot = null; },
  };
}

/** From nothing on, with room above. */
const spread = (low, high) => [Math.min(0, low), Math.max(1, high * 1.12)];
