// The currencies of the world, the workspace's first.
import { session } from "../api.ts";
import { once } from "../format.ts";

const names = once(() => new Intl.DisplayNames("en-US", { type: "currency" }));

export const homeCurrency = (): string => session.value?.workspace.currency ?? "USD";

/** USD · US Dollar. */
export const currencyName = (code: string): string => `${code} · ${names().of(code) ?? code}`;

type Frame = { name: string; value: string; about: string; wrong: boolean; onChoose: (currency: string) => void };

export function CurrencySelect({ name, value, about, wrong, onChoose }: Frame) {
  const near = [...new Set([homeCurrency(), value])];
  return (
    <select id={name} name={name} value={value} aria-invalid={wrong} aria-describedby={about} onChange={(event) => onChoose(event.currentTarget.value)}>
      {[...near, ...Intl.supportedValuesOf("currency").filter((code) => !near.includes(code))].map((code) => <option key={code} value={code}>{currencyName(code)}</option>)}
    </select>
  );
}
