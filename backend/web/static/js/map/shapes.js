/** The forms of single accounts: outlines of radius 1 around the middle, for the map and for its legend. */

const DOTS = 48; // an icon's side
const UNIT = 14; // dots of its radius; what is left around is room for a rim
const REACH = 8; // a distance field of MapLibre tells distances within so many dots,
const EDGE = 0.75; // and has its edge where so much of a dot's opacity is
const BYTE = 255;
const HOLE = 0.62;
const PREFIX = 'shape-';
const TURN = 2 * Math.PI;
const TOP = -TURN / 4;

const arc = (radius, from = TOP, to = TOP + TURN, corners = 40) => Array.from({ length: corners + 1 }, (_, at) => {
  const angle = from + ((to - from) * at) / corners;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});
const regular = (corners, radius, turned = 0) => arc(radius, TOP + turned, TOP + turned + TURN, corners);
/** A disc that is filled clockwise from the top; the rest is a hole with a rim. */
const filled = (part) => [arc(0.95), [...arc(HOLE, TOP + part * TURN, TOP + TURN), ...(part ? [[0, 0]] : [])]];
const star = (points, outer, inner) => Array.from({ length: 2 * points }, (_, at) => {
  const [radius, angle] = [at % 2 ? inner : outer, TOP + (at * TURN) / (2 * points)];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});
const shifted = (ring, down) => ring.map(([x, y]) => [x, y + down]);
const box = (width, height) => [[-width, -height], [width, -height], [width, height], [-width, height]];
/** Two bars across each other, turned by an eighth. */
const cross = (long, thin) => [
  [-thin, -long], [thin, -long], [thin, -thin], [long, -thin], [long, thin], [thin, thin],
  [thin, long], [-thin, long], [-thin, thin], [-long, thin], [-long, -thin], [-thin, -thin],
].map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);

/** Rings by the service's names; a point is inside of as many as are odd. */
const OUTLINES = {
  circle: [arc(0.95)],
  square: [box(0.84, 0.84)],
  triangle: [shifted(regular(3, 1.2), 0.2)],
  diamond: [regular(4, 1.18)],
  star: [star(5, 1.25, 0.55)],
  triangle_down: [shifted(regular(3, 1.2, TURN / 2), -0.2)],
  ring: filled(0),
  quarter: filled(0.25),
  half: filled(0.5),
  three_quarters: filled(0.75),
  bar: [box(1.1, 0.45)],
  cross: [cross(1.1, 0.3)],
};
export const USUAL_SHAPE = 'circle';

export const iconOf = (shape) => `${PREFIX}${shape}`;
/** What the map multiplies an icon by for a radius in pixels. */
export const scaleOf = (radius) => radius / UNIT;

/** Draw an icon that the map asks for; undefined for other names. */
export function drawShape(name) {
  const rings = name.startsWith(PREFIX) ? OUTLINES[name.slice(PREFIX.length)] : undefined;
  return rings && { image: distances(rings), sdf: true };
}

/** The outline as the path of a picture. */
export function pathOf(shape) {
  const rings = OUTLINES[shape] ?? OUTLINES[USUAL_SHAPE];
  return rings.map((ring) => `M${ring.map((point) => point.map((one) => one.toFixed(3)).join(' ')).join('L')}Z`).join('');
}

/** An icon whose opacity tells how far its edge is, so that it takes any colour, size and rim. */
function distances(rings) {
  const data = new Uint8ClampedArray(4 * DOTS * DOTS);
  for (let at = 0; at < DOTS * DOTS; at += 1) {
    const point = [at % DOTS, Math.floor(at / DOTS)].map((one) => (one + 0.5 - DOTS / 2) / UNIT);
    const inside = rings.filter((ring) => holds(ring, point)).length % 2 ? 1 : -1;
    const far = Math.min(...rings.map((ring) => reach(ring, point))) * UNIT;
    data[4 * at + 3] = Math.round(BYTE * (EDGE + (inside * far) / REACH));
  }
  return { width: DOTS, height: DOTS, data };
}

const sides = (ring) => ring.map((corner, at) => [corner, ring[(at + 1) % ring.length]]);

function holds(ring, [x, y]) {
  return sides(ring).filter(([[x1, y1], [x2, y2]]) => (y1 > y) !== (y2 > y) && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)).length % 2 === 1;
}

function reach(ring, [x, y]) {
  return Math.min(...sides(ring).map(([[x1, y1], [x2, y2]]) => {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
    return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
  }));
}
