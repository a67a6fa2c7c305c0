// Choosing the range of days and what it is compared with; both live in the address.
import { useId, useState } from "preact/hooks";
import type { DaysOut } from "../wire.d.ts";
import { dayAt, shortRange } from "../format.ts";
import { usePeriodKeys } from "../keyboard.ts";
import { go, turned } from "../router.ts";
import { beforeName, moved, RANGES, span, type Compare, type Span } from "../span.ts";
import { Drop } from "./drop.tsx";
import { Field } from "./form.tsx";
import { Icon } from "./icon.tsx";
import { homeZone } from "./page.tsx";

const ANEW = { cursor: null, at: null };

/** `days` are what the range means, once that is known. */
export function SpanChoice({ days }: { days: DaysOut | undefined }) {
  const chosen = span();
  usePeriodKeys((steps) => {
    const next = days && moved(chosen.range, days, steps, dayAt(new Date(), homeZone()));
    if (next) go(turned({ range: "custom", ...next, by: null, ...ANEW }));
  });
  return (
    <>
      <RangeChoice chosen={chosen} days={days} />
      <span class="pick">
        <select aria-label="Compare with" value={chosen.compare} onChange={(event) => go(turned({ compare: event.currentTarget.value === "previous" ? null : event.currentTarget.value, ...ANEW }))}>
          {(["previous", "year", "none"] as const).map((compare) => <option key={compare} value={compare}>{compareName(chosen, compare, days)}</option>)}
        </select>
        <Icon name="down" size={16} />
      </span>
    </>
  );
}

function compareName(chosen: Span, compare: Compare, days: DaysOut | undefined): string {
  if (compare === "none") return "No comparison";
  if (compare === "year") return "vs year before";
  return days || chosen.range !== "custom" ? `vs ${beforeName({ ...chosen, compare }, days ?? { from: "", to: "" })}` : "vs days before";
}

function RangeChoice({ chosen, days }: { chosen: Span; days: DaysOut | undefined }) {
  const named = RANGES.find(([name]) => name === chosen.range)?.[1] ?? "Custom";
  return (
    <Drop button={<><Icon name="calendar" /><span class="unseen">Range: </span><b>{named}</b><span class="quiet">{days && shortRange(days.from, days.to)}</span></>}>
      {(close) => (
        <>
          <ul>
            {RANGES.map(([name, word]) => (
              <li key={name}><a href={turned({ range: name === "30d" ? null : name, from: null, to: null, by: null, ...ANEW })} {...(name === chosen.range ? { "aria-current": "true" as const } : {})} onClick={close}>{word}</a></li>
            ))}
          </ul>
          <CustomDays key={`${days?.from} ${days?.to}`} days={days} done={close} />
        </>
      )}
    </Drop>
  );
}

function CustomDays({ days, done }: { days: DaysOut | undefined; done: () => void }) {
  const id = useId();
  const [wrong, tell] = useState("");
  function take(event: SubmitEvent) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const [from, to] = [String(fields.get("from")), String(fields.get("to"))];
    if (!from || !to) return tell("Choose both days.");
    if (to < from) return tell("This is before the first day.");
    tell("");
    done();
    go(turned({ range: "custom", from, to, by: null, ...ANEW }));
  }
  return (
    <form onSubmit={take} aria-labelledby={id}>
      <p class="label" id={id}>Custom</p>
      <Field name="from" label="From" type="date" defaultValue={days?.from} />
      <Field name="to" label="To" type="date" defaultValue={days?.to} error={wrong} />
      <button>Show these days</button>
    </form>
  );
}
