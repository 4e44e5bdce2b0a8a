/** Decode an encoded polyline of precision 6 into [longitude, latitude] pairs. */
export function decodePolyline(text) {
  const line = [];
  let index = 0;
  let lat = 0;
  let lon = 0;
  const next = () => {
    let value = 0;
    let shift = 0;
    let byte;
    do {
      byte = text.charCodeAt(index) - 63;
      index += 1;
      value += (byte & 31) * 2 ** shift;
      shift += 5;
    } while (byte >= 32);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  while (index < text.length) {
    lat += next();
    lon += next();
    line.push([lon / 1e6, lat / 1e6]);
  }
  return line;
}
