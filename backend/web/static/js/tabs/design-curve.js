/** How even each scenario is against how much it moves, as a curve; the list beside it says the same. */

import UPlot from 'uplot';
import { whenThemeChanges } from '../colors.js';
import { el } from '../dom.js';
import { number, t } from '../i18n.js';

const HEIGHT = 210;
const PERCENT = 100;
const POINT = 6;
/** A name needs so much room to be read. */
const [ROOM_X, ROOM_Y] = [62, 16];
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
      axes: [{ ...axis(t('design.axis_moved'), 2), size: 26 }, { ...axis(t('design.axis_deviation'), 3), size: 46 }],
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
    const places = points.map((one, index) => [u.valToPos(u.data[0][index], 'x', true), u.valToPos(u.data[1][index], 'y', true)]);
    points.forEach((one, index) => {
      const isChosen = one.name === chosen;
      ctx.beginPath();
      ctx.arc(...places[index], (isChosen ? POINT + 3 : POINT) * scale, 0, 2 * Math.PI);
      ctx.fillStyle = isChosen ? color('--brand') : color('--card');
      ctx.strokeStyle = color('--brand');
      ctx.lineWidth = 2 * scale;
      ctx.fill();
      ctx.stroke();
    });
    ctx.fillStyle = color('--ink');
    ctx.textAlign = 'center';
    for (const [index, [x, y]] of named(places, scale)) {
      ctx.fillText(t(`design.scenario.${points[index].name}`), Math.max(x, u.bbox.left + 28 * scale), y - (POINT + 8) * scale);
    }
    ctx.restore();
  }

  /** The points that have room for their names, the chosen one first. */
  function named(places, scale) {
    const shown = [];
    const order = [...places.entries()].sort(([a], [b]) => (points[b].name === chosen) - (points[a].name === chosen));
    for (const [index, [x, y]] of order) {
      if (shown.every(([, [left, top]]) => Math.abs(x - left) > ROOM_X * scale || Math.abs(y - top) > ROOM_Y * scale)) shown.push([index, [x, y]]);
    }
    return shown;
  }

  return {
    node,
    choose(name) { chosen = name; plot?.redraw(); },
    leave() { watcher.disconnect(); plot?.destroy(); plot = null; },
  };
}

/** From nothing on, with room above. */
const spread = (low, high) => [Math.min(0, low), Math.max(1, high * 1.12)];
