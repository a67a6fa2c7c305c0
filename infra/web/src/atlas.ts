// The states of the U.S. as outlines, from the Census Bureau's shapes as us-atlas has them: projected already, 975 by 610.
import { feature } from "topojson-client";
import atlas from "us-atlas/states-albers-10m.json";

export interface Outline {
  name: string;
  path: string;
  /** Where its letters stand: the middle of its largest part. */
  middle: readonly [x: number, y: number];
}

type Ring = readonly (readonly number[])[];

/** Every state by its name. */
export function outlines(): readonly Outline[] {
  return feature(atlas, atlas.objects.states).features.map(({ properties, geometry }) => {
    const polygons: readonly (readonly Ring[])[] = geometry.type === "MultiPolygon" ? geometry.coordinates : geometry.type === "Polygon" ? [geometry.coordinates] : [];
    const rings = polygons.flat();
    const largest = rings.reduce<Ring>((most, ring) => (areaOf(ring) > areaOf(most) ? ring : most), []);
    return { name: properties.name, path: rings.map(pathOf).join(""), middle: middleOf(largest) };
  });
}

const tenth = (number = 0): number => Math.round(number * 10) / 10;
const pathOf = (ring: Ring): string => `M${ring.map(([x, y]) => `${tenth(x)} ${tenth(y)}`).join("L")}Z`;

const cross = (ring: Ring, at: number): number => {
  const [one = [], other = []] = [ring[at], ring[(at + 1) % ring.length]];
  return (one[0] ?? 0) * (other[1] ?? 0) - (other[0] ?? 0) * (one[1] ?? 0);
};
const areaOf = (ring: Ring): number => Math.abs(ring.reduce((sum, _, at) => sum + cross(ring, at), 0) / 2);

function middleOf(ring: Ring): readonly [number, number] {
  let [x, y, twice] = [0, 0, 0];
  for (let at = 0; at < ring.length; at += 1) {
    const [one = [], other = []] = [ring[at], ring[(at + 1) % ring.length]];
    const part = cross(ring, at);
    x += ((one[0] ?? 0) + (other[0] ?? 0)) * part;
    y += ((one[1] ?? 0) + (other[1] ?? 0)) * part;
    twice += part;
  }
  return twice ? [tenth(x / (3 * twice)), tenth(y / (3 * twice))] : [0, 0];
}
