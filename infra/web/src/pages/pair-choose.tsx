// The wizard's last step for keys: what the connection is called, how its days are cut, and which stores come in.
import type { ComponentChildren } from "preact";
import type { CheckOut, ConnectionIn, ConnectOut, KindOut, UsageOut } from "../wire.d.ts";
import { write } from "../api.ts";
import { count, counted, zoneName } from "../format.ts";
import { look } from "../live.ts";
import { useLoad } from "../load.ts";
import { type Choice, keyFieldsOf } from "../pairing.ts";
import { CurrencySelect, currencyName, homeCurrency } from "../parts/currencies.tsx";
import { Field, useSend } from "../parts/form.tsx";
import { trimmed } from "../parts/key-fields.tsx";
import { Card, homeZone } from "../parts/page.tsx";
import { Notice, Region } from "../parts/region.tsx";
import { StoreChoice } from "../parts/store-choice.tsx";
import { ZoneSelect } from "../parts/zones.tsx";
import { go, path, to } from "../router.ts";
import type { StepFrame } from "./pair.tsx";
import { Warnings } from "./pair-connect.tsx";

/** What is wrong with anything else was asked for in the step before; the password is asked for elsewhere. */
const ASKED_HERE = ["name", "stores", "time_zone", "currency", "password"];

/** All that was found, as the shop has it. */
const wholeOf = ({ name, stores, time_zone, currency }: CheckOut): Choice => ({ name, stores: stores.map(({ id }) => id), time_zone: time_zone ?? homeZone(), currency: currency ?? homeCurrency() });

export function Choose({ kind, attempt, change }: StepFrame) {
  const { busy, wrong, said, send } = useSend();
  const found = attempt.found;
  if (!found) return null;
  const choice = attempt.choice ?? wholeOf(found);
  const set = (part: Partial<Choice>) => change({ choice: { ...choice, ...part } });

  async function start(known: CheckOut) {
    const asked: ConnectionIn = {
      kind: kind.kind,
      fields: trimmed(keyFieldsOf(kind), attempt.fields),
      name: choice.name.trim(),
      stores: choice.stores,
      ...(known.time_zone === null && { time_zone: choice.time_zone }),
      ...(known.currency === null && { currency: choice.currency }),
    };
    const { connection } = await write<ConnectOut>("POST", "/connections", asked);
    look();
    go(to(`/connections/${encodeURIComponent(connection?.id ?? "")}`, { paired: "1" }), { replace: true });
    scrollTo(0, 0);
  }
  const stray = Object.entries(wrong).filter(([name]) => !ASKED_HERE.includes(name));
  return (
    <>
      <Card title="What comes in">
        <form onSubmit={(event) => send(event, () => start(found))}>
          {said}
          {stray.length > 0 && <p class="wrong">{stray.map(([, text]) => text).join(" ")} <a href={to(path.value, { step: "connect" })}>Back to the keys</a></p>}
          <Warnings of={found.warnings} />
          <Field name="name" label="Name in Daybook" required maxLength={80} value={choice.name} error={wrong["name"]} help={`Found at ${found.domain}. You can rename it whenever you like.`} onInput={(event) => set({ name: event.currentTarget.value })} />
          {found.stores.length > 1 && <StoreChoice stores={found.stores} chosen={choice.stores} error={wrong["stores"]} onChoose={(stores) => set({ stores })} />}
          <Days kind={kind} found={found} choice={choice} wrong={wrong} set={set} />
          <p class="actions">
            <button class="main" disabled={busy || !choice.stores.length || !choice.name.trim()}>{busy ? "Starting…" : "Start: bring in the last 90 days"}</button>
            <a class="button plain" href={to(path.value, { step: "connect" })}>Back</a>
          </p>
          {!choice.stores.length && <p class="quiet">Choose at least one store to start.</p>}
        </form>
      </Card>
      <Expected found={found} choice={choice} />
    </>
  );
}

type DaysFrame = { kind: KindOut; found: CheckOut; choice: Choice; wrong: Readonly<Record<string, string>>; set: (part: Partial<Choice>) => void };

/** What the shop tells is shown; what it does not tell is asked. */
const Days = ({ kind, found, choice, wrong, set }: DaysFrame) => (
  <div class="pairs-of-fields">
    <Told label="Time zone of a day" name="time_zone" told={found.time_zone && zoneName(found.time_zone)} error={wrong["time_zone"]} help={found.time_zone ? "As the shop has it. Order settings can change it." : `${kind.name} does not tell its time zone. Midnight to midnight here is one day.`}>
      <ZoneSelect name="time_zone" value={choice.time_zone} wrong={!!wrong["time_zone"]} about="time_zone-help" onChoose={(time_zone) => set({ time_zone })} />
    </Told>
    <Told label="Currency" name="currency" told={found.currency && currencyName(found.currency)} error={wrong["currency"]} help={found.currency ? "As the shop has it." : `${kind.name} does not tell its currency. It cannot be changed later.`}>
      <CurrencySelect name="currency" value={choice.currency} wrong={!!wrong["currency"]} about="currency-help" onChoose={(currency) => set({ currency })} />
    </Told>
  </div>
);

type ToldFrame = { label: string; name: string; told: string | null; help: string; error: string | undefined; children: ComponentChildren };

const Told = ({ label, name, told, help, error, children }: ToldFrame) => (
  <div class="field">
    {told ? <b class="label">{label}</b> : <label for={name}>{label}</label>}
    {told ? <p class="standing">{told}</p> : children}
    {error && <p class="wrong">{error}</p>}
    <p class="quiet" id={`${name}-help`}>{help}</p>
  </div>
);

/** About how many orders the first days bring, against what the plan still has. */
function Expected({ found, choice }: { found: CheckOut; choice: Choice }) {
  const usage = useLoad<UsageOut>("/usage");
  const some = choice.stores.length < found.stores.length;
  const orders = found.expected_orders;
  return (
    <aside class="card" aria-label="What to expect">
      <h2>What to expect</h2>
      <Region of={usage} what="the allotment" rows={2}>
        {({ allotment, used }) => {
          const left = allotment === null ? null : Math.max(0, allotment - used);
          const over = left !== null && orders !== null && orders > left;
          return (
            <div class="stack">
              {orders !== null && <p class="expected"><b>{`About ${counted(rounded(orders), "order")}`}</b> <span class="quiet">in the last 90 days{some && ` of all ${count(found.stores.length)} stores; yours are fewer`}</span></p>}
              {allotment !== null && left !== null && (
                <>
                  <Gauge parts={[used, orders ?? 0]} of={allotment} />
                  <p class="quiet"><b>{count(left)}</b> of {count(allotment)} left this year.</p>
                </>
              )}
              {allotment === null && <p class="quiet">Your plan has no limit.</p>}
              {over && <Notice kind="info"><p>That may be more than is left. Everything comes in all the same; what goes beyond is overage.</p></Notice>}
              <p class="quiet">Each order counts once, ever. Usually 15 to 30 minutes; you can leave the page meanwhile.</p>
            </div>
          );
        }}
      </Region>
    </aside>
  );
}

/** What is used, and hatched what is to come. The words beside it say the same. */
const Gauge = ({ parts, of }: { parts: readonly number[]; of: number }) => (
  <div class="gauge" aria-hidden="true">{parts.map((part, at) => <i key={at} style={{ width: `${of ? (100 * part) / of : 0}%` }} />)}</div>
);

/** Two digits of a number are all that can be promised of it. */
const rounded = (orders: number): number => (orders < 100 ? orders : Number(orders.toPrecision(2)));
