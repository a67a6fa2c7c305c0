// The states by the letters that addresses have, and the five steps of a map's one hue.
import { scaleQuantile } from "d3-scale";
import { once } from "../format.ts";

export const STATES: Readonly<Record<string, string>> = {
  AL: "Alabama", AK: "Alaska", AZ: "Arizona", AR: "Arkansas", CA: "California", CO: "Colorado", CT: "Connecticut", DE: "Delaware", DC: "District of Columbia", FL: "Florida",
  GA: "Georgia", HI: "Hawaii", ID: "Idaho", IL: "Illinois", IN: "Indiana", IA: "Iowa", KS: "Kansas", KY: "Kentucky", LA: "Louisiana", ME: "Maine",
  MD: "Maryland", MA: "Massachusetts", MI: "Michigan", MN: "Minnesota", MS: "Mississippi", MO: "Missouri", MT: "Montana", NE: "Nebraska", NV: "Nevada", NH: "New Hampshire",
  NJ: "New Jersey", NM: "New Mexico", NY: "New York", NC: "North Carolina", ND: "North Dakota", OH: "Ohio", OK: "Oklahoma", OR: "Oregon", PA: "Pennsylvania", RI: "Rhode Island",
  SC: "South Carolina", SD: "South Dakota", TN: "Tennessee", TX: "Texas", UT: "Utah", VT: "Vermont", VA: "Virginia", WA: "Washington", WV: "West Virginia", WI: "Wisconsin", WY: "Wyoming",
  AS: "American Samoa", GU: "Guam", MP: "Northern Mariana Islands", PR: "Puerto Rico", VI: "U.S. Virgin Islands", AA: "Armed Forces Americas", AE: "Armed Forces Europe", AP: "Armed Forces Pacific",
};

/** Where a state's letters stand off its middle; null where they do not fit. */
export const NUDGES: Readonly<Record<string, readonly [x: number, y: number] | null>> = { FL: [24, 6], LA: [-12, 0], MI: [12, 20], ID: [0, 14], MD: null, MA: null, NJ: null, CT: null, DE: null, HI: null, VT: null, NH: null, RI: null, DC: null };

const countries = once(() => new Intl.DisplayNames("en-US", { type: "region", fallback: "code" }));

/** Germany, for DE. What is no country's code is shown as it is. */
export const countryName = (code: string): string => (/^[A-Z]{2}$/.test(code) ? (countries().of(code) ?? code) : code);

/** California, for US-CA; Germany, for DE. */
export const regionName = (region: string): string => (region.startsWith("US-") ? (STATES[region.slice(3)] ?? region) : countryName(region));

export const STEPS = 5;

/** In which fifth of the amounts above zero an amount is, 1 to 5; 0 for nothing and less. And from where to where each goes. */
export function stepsOf(amounts: readonly number[]): { step: (amount: number) => number; ends: readonly (readonly [from: number, to: number])[] } {
  const some = amounts.filter((amount) => amount > 0).sort((one, other) => one - other);
  const scale = scaleQuantile<number>().domain(some).range([1, 2, 3, 4, 5]);
  const step = (amount: number) => (amount > 0 && some.length ? scale(amount) : 0);
  const ends = Array.from({ length: STEPS }, (_, at) => some.filter((amount) => step(amount) === at + 1)).map((own) => [own[0] ?? 0, own.at(-1) ?? 0] as const);
  return { step, ends };
}
